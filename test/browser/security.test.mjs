// The security page, as one person uses it on three devices: by mouse, by
// keyboard alone, and without JavaScript.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'

after(closeBrowser)

const button = (page, name) => page.getByRole('button', { name, exact: true })
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1'
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

async function signUp({ page, log, hands }) {
  await page.goto('/signup')
  await hands.type(page, 'username', 'ada.lovelace')
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, button(page, 'Create account'))
  await page.getByRole('heading', { level: 1, name: 'Cards' }).waitFor()
  const [user] = await log.next('user_created', 'session_created')
  return user.subject
}

// signIn is the same person on another device.
async function signIn(t, coffer, userAgent, password = secrets.password, login = 'authn_login_success') {
  const page = await visit(t, coffer, { userAgent })
  await page.goto('/login')
  await mouse.type(page, 'username', 'ada.lovelace')
  await mouse.type(page, 'password', password)
  await mouse.use(page, button(page, 'Sign in'))
  await page.getByRole('heading', { level: 1, name: 'Cards' }).waitFor()
  const [, session] = await coffer.log.next(login, 'session_created')
  return { page, session: session.session }
}

// isOver asks for a guarded page where a session was ended.
async function isOver({ page, session }, log, subject) {
  await page.goto('/activity')
  await page.waitForURL('**/login?next=*')
  const [line] = await log.next('session_use_after_expire')
  assert.deepEqual([line.reason, line.subject, line.session, line.actor], ['ended', subject, session, ''])
}

async function endSessions(t, coffer, at, me) {
  const { page, log, hands } = at
  const phone = await signIn(t, coffer, iphone)
  const desk = await signIn(t, coffer, firefox)
  await hands.use(page, page.getByRole('link', { name: 'Security', exact: true }))
  await page.getByRole('heading', { level: 1, name: 'Security' }).waitFor()
  await page.getByText('Three sessions are open, this one among them.').waitFor()
  assert.equal(await page.locator('.held li', { hasText: 'This one' }).getByRole('button').count(), 0, 'this session is ended by signing out')
  await hands.use(page, page.getByRole('button', { name: /^End session of Safari on iPhone/ }))
  await page.getByText('Two sessions are open').waitFor()
  const [one] = await log.next('session_expired')
  assert.deepEqual([one.reason, one.actor, one.subject, one.session], ['ended', me, me, phone.session])
  await isOver(phone, log, me)
  await hands.use(page, button(page, 'End all others'))
  await page.getByText('You are signed in here, and nowhere else.').waitFor()
  assert.equal((await log.next('session_expired'))[0].session, desk.session)
  await isOver(desk, log, me)
}

// open shows the form, if it is not shown already.
async function open({ page, hands }) {
  if (!(await page.locator('[name="new_password"]').isVisible())) {
    await hands.use(page, page.locator('details.change > summary'))
    await page.locator('[name="new_password"]').waitFor()
  }
}

async function send(at, present, fresh) {
  const { page, hands } = at
  await open(at)
  await hands.type(page, 'current_password', present)
  await hands.type(page, 'new_password', fresh)
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().isNavigationRequest() && r.request().method() === 'POST'),
    page.waitForEvent('load'),
    hands.use(page, button(page, 'Set the new password')),
  ])
  return answer.status()
}

// empty holds that no password comes back with a page.
async function empty(page) {
  for (const field of ['current_password', 'new_password']) assert.equal(await page.locator(`[name="${field}"]`).inputValue(), '')
}

async function refusals(at) {
  const { page, log, script } = at
  const word = page.locator('#strength [data-word]')
  await open(at)
  assert.match(await word.textContent(), script ? /nothing typed yet/ : /good from 12/, 'strength is said in words, with script and without')
  assert.equal(await send(at, secrets.password, 'short7!'), 422)
  assert.deepEqual((await log.next('input_validation_fail'))[0].data.fields, [{ field: 'new_password', rule: 'too_short' }])
  await page.locator('.summary').waitFor()
  await empty(page)
  if (script) {
    assert.ok(await page.locator('.summary').evaluate((e) => e === document.activeElement), 'the summary has the focus')
    await page.locator('[name="new_password"]').fill('ada.lovelace 1815')
    assert.match(await word.textContent(), /too like your username/)
  }
  assert.equal(await send(at, 'not the password', secrets.next), 422)
  assert.equal((await log.next('authn_password_change_fail'))[0].reason, 'wrong_password')
  assert.match(await page.locator('#current_password-fault').textContent(), /not your present password/)
  await empty(page)
}

async function change(t, coffer, at, me) {
  const { page, log } = at
  const phone = await signIn(t, coffer, iphone)
  const token = async () => (await page.context().cookies()).find((c) => c.name === 'coffer').value
  const before = await token()
  assert.equal(await send(at, secrets.password, secrets.next), 303)
  await page.getByText('Your password is changed.').waitFor()
  const [changed, renewed, ended] = await log.next('authn_password_change', 'session_renewed', 'session_expired')
  assert.deepEqual([changed.actor, changed.subject, changed.data.ended], [me, me, 1])
  assert.equal(renewed.session, changed.session)
  assert.equal(ended.session, phone.session)
  assert.notEqual(await token(), before, 'a new password brings a new token')
  await isOver(phone, log, me)
  await signIn(t, coffer, firefox, secrets.next)
}

for (const [hands, script] of [[mouse, true], [keyboard, true], [mouse, false]]) {
  test(`sessions and the password, ${hands.name}, ${script ? 'with' : 'without'} JavaScript`, async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer, { javaScriptEnabled: script })
    const at = { page, log: coffer.log, hands, script }
    const me = await signUp(at)
    await endSessions(t, coffer, at, me)
    await refusals(at)
    await change(t, coffer, at, me)
    await finish(coffer)
  })
}
