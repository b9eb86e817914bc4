// One person's whole path, three times: with the mouse, by keyboard alone, and
// without JavaScript. Every step says which lines it writes.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeBrowser, expiry, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'

after(closeBrowser)

const button = (page, name) => page.getByRole('button', { name, exact: true })

async function signUp({ page, log, hands }) {
  await page.goto('/')
  await hands.use(page, page.getByRole('link', { name: 'Create account' }).first())
  await page.waitForURL('**/signup')
  await hands.type(page, 'username', 'ada.lovelace')
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, page.locator('main form button:not([type])'))
  await page.getByRole('heading', { level: 1, name: 'Cards' }).waitFor()
  const [user, session] = await log.next('user_created', 'session_created')
  assert.equal(user.actor, user.subject, 'at sign-up the actor is the new id')
  assert.equal(session.actor, user.actor)
  assert.equal(user.source_ip, '127.0.0.1')
  assert.equal(user.request_uri, '/signup')
  await page.getByText('Your first card goes here').waitFor()
  return user.actor
}

async function addCard({ page, log, hands }, actor) {
  await hands.use(page, page.getByRole('link', { name: 'Add your first card' }))
  await page.waitForURL('**/create_credit_card')
  await hands.type(page, 'card_number', '4242 4242-4242 4242')
  await hands.type(page, 'expiry', expiry)
  await hands.type(page, 'label', 'Groceries')
  await hands.type(page, 'cardholder_name', 'Ada Lovelace')
  await hands.use(page, button(page, 'Save card'))
  await page.waitForURL('**/view_credit_card/*')
  const id = new URL(page.url()).pathname.split('/').at(-1)
  const [key, made, seen] = await log.next('crypt_key_created', 'sensitive_create', 'sensitive_read')
  assert.equal(key.subject, actor, 'the data key is the owner’s')
  for (const line of [made, seen]) {
    assert.equal(line.actor, actor)
    assert.equal(line.subject, actor)
    assert.equal(line.data.target, `card:${id}`)
    assert.equal(line.data.last4, '4242')
  }
  assert.equal(seen.data.part, 'masked')
  await masked(page)
  return id
}

// masked holds for every page but the one that shows the number.
async function masked(page) {
  const html = (await page.content()).replaceAll(/[\s-]/g, '')
  assert.ok(!html.includes(secrets.number), 'the number is on the page')
  assert.ok(html.includes('4242'), 'the last four digits are not')
}

async function reveal({ page, log, hands, script }, id) {
  await hands.use(page, button(page, 'Show number'))
  const number = page.locator('#number')
  await number.waitFor()
  assert.equal((await number.textContent()).replaceAll(/\D/g, ''), secrets.number)
  const [shown] = await log.next('sensitive_read')
  assert.equal(shown.data.part, 'number')
  assert.equal(shown.data.signed, 'none')
  assert.equal(shown.request_method, 'POST')
  const left = page.locator('[data-hide] [data-left]')
  assert.ok(await left.isVisible(), 'the countdown is visible')
  if (script) {
    const first = await left.textContent()
    await page.waitForFunction((was) => document.querySelector('[data-hide] [data-left]').textContent !== was, first)
  } else {
    assert.match(await page.content(), new RegExp(`<meta http-equiv="refresh" content="30; url=/view_credit_card/${id}"`))
  }
  await hands.use(page, page.getByRole('link', { name: 'Hide now' }))
  await page.waitForURL(`**/view_credit_card/${id}`)
  assert.equal((await log.next('sensitive_read'))[0].data.part, 'masked')
  await masked(page)
}

async function confirm({ page, log, hands }, id) {
  await page.goto(`/confirm?next=/view_credit_card/${id}`)
  await hands.type(page, 'password', 'not the password')
  await hands.use(page, button(page, 'Confirm'))
  await page.locator('.summary').waitFor()
  assert.equal((await log.next('authn_stepup_fail'))[0].outcome, 'failure')
  assert.equal(await page.locator('[name="password"]').inputValue(), '')
  const before = await page.context().cookies()
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, button(page, 'Confirm'))
  await page.waitForURL(`**/view_credit_card/${id}`)
  const [, renewed, seen] = await log.next('authn_stepup_success', 'session_renewed', 'sensitive_read')
  assert.equal(renewed.session, seen.session, 'the session stays the same when its token changes')
  const token = (cookies) => cookies.find((c) => c.name === 'coffer').value
  assert.notEqual(token(await page.context().cookies()), token(before), 'a step-up brings a new token')
}

async function remove({ page, log, hands }, id) {
  await hands.use(page, page.locator('details.delete > summary'))
  await hands.use(page, button(page, 'Delete card ending 4242'))
  await page.getByText('Your first card goes here').waitFor()
  const [gone] = await log.next('sensitive_delete')
  assert.equal(gone.data.target, `card:${id}`)
}

async function signOutAndIn({ page, log, hands }, actor) {
  await hands.use(page, button(page, 'Sign out'))
  await page.waitForURL('**/login')
  await log.next('session_logout')
  assert.deepEqual((await page.context().cookies()).filter((c) => c.name === 'coffer'), [], 'the cookie is gone')
  await hands.type(page, 'username', 'Ada.Lovelace') // names are compared without case
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, button(page, 'Sign in'))
  await page.getByRole('heading', { level: 1, name: 'Cards' }).waitFor()
  const [login] = await log.next('authn_login_success', 'session_created')
  assert.equal(login.actor, actor)
}

for (const [hands, script] of [[mouse, true], [keyboard, true], [mouse, false]]) {
  test(`the whole path, ${hands.name}, ${script ? 'with' : 'without'} JavaScript`, async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer, { javaScriptEnabled: script })
    const at = { page, log: coffer.log, hands, script }
    const actor = await signUp(at)
    const id = await addCard(at, actor)
    await reveal(at, id)
    await confirm(at, id)
    await remove(at, id)
    await signOutAndIn(at, actor)
    await page.goto('/activity')
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor()
    await finish(coffer)
  })
}
