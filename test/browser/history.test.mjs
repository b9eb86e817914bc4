// A person's own history, from the first look to the last: what was unfamiliar,
// the filter, "This wasn't me", the banner, the file of all that is theirs, and
// the end of the account. By mouse, by keyboard alone, and without JavaScript.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { closeBrowser, expiry, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'

after(closeBrowser)

const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1'
const name = 'ada.lovelace'
const button = (page, text) => page.getByRole('button', { name: text })
const heading = (page, text) => page.getByRole('heading', { name: text, exact: true }).waitFor()

async function signUp({ page, log, hands }) {
  await page.goto('/signup')
  await hands.type(page, 'username', name)
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, button(page, 'Create account'))
  await heading(page, 'Cards')
  await page.goto('/create_credit_card')
  for (const [field, text] of Object.entries({ card_number: secrets.number, cardholder_name: 'Ada Lovelace', expiry, label: 'Engine' })) await hands.type(page, field, text)
  await hands.use(page, button(page, 'Save card'))
  await page.waitForURL('**/view_credit_card/*')
  const [user] = await log.next('user_created', 'session_created', 'crypt_key_created', 'sensitive_create', 'sensitive_read')
  return { me: user.subject, card: page.url() }
}

// intrude is somebody else who knows the password, after a wrong guess.
async function intrude({ page, log }) {
  for (const password of ['a wrong guess', secrets.password]) {
    const body = new URLSearchParams({ username: name, password })
    await fetch(new URL('/login', page.url()), { method: 'POST', body, headers: { 'User-Agent': iphone }, redirect: 'manual' })
  }
  const [, line] = await log.next('authn_login_fail', 'authn_login_successafterfail', 'session_created')
  assert.equal(line.data.unfamiliar, 'browser')
  return line
}

// filter asks by link and by form; neither writes anything unless it is refused.
async function filter({ page, log, hands }) {
  await page.goto('/activity')
  await page.locator('li.unfamiliar', { hasText: 'with this kind of browser before' }).waitFor()
  await hands.use(page, page.getByRole('link', { name: 'Refused', exact: true }))
  await page.waitForURL('**/activity?kind=refused')
  await page.getByText('Sign-in refused: wrong password').waitFor()
  assert.equal(await page.locator('.rows li').count(), 1)
  await hands.use(page, page.locator('details.filter > summary'))
  await hands.type(page, 'days', 'many')
  await hands.use(page, button(page, 'Show'))
  await page.locator('#days-fault').waitFor()
  assert.deepEqual((await log.next('input_validation_fail'))[0].data.fields, [{ field: 'days', rule: 'range' }])
  await hands.type(page, 'days', '7')
  await hands.type(page, 'q', 'WRONG')
  await hands.use(page, button(page, 'Show'))
  await page.waitForURL('**/activity?*q=WRONG*')
  assert.equal(await page.locator('.rows li').count(), 1)
  await hands.use(page, page.getByRole('link', { name: 'Show everything' }))
  await page.waitForURL('**/activity')
}

// report says "This wasn't me" and is led to a new password; until then no
// number is shown.
async function report({ page, log, hands, card, me }, line) {
  const row = page.locator('li.unfamiliar')
  await hands.use(page, row.locator('summary'))
  await hands.use(page, row.getByRole('button', { name: 'Report it and secure my account' }))
  await page.waitForURL('**/settings/security#password')
  await page.getByText('You reported something as not your doing').waitFor()
  const [reported, ended] = await log.next('user_reported', 'session_expired')
  assert.deepEqual([reported.subject, reported.data.target, reported.data.ended], [me, `line:${line.seq}`, 1])
  assert.equal(ended.session, line.session)
  await page.goto(card)
  await hands.use(page, button(page, 'Show number'))
  await heading(page, 'Number not shown')
  assert.equal((await log.next('sensitive_read', 'authz_fail'))[1].reason, 'reported')
  await hands.use(page, page.getByRole('link', { name: 'Set a new password' }))
  await page.waitForURL('**/settings/security#password')
  await hands.use(page, page.locator('details.change > summary'))
  await hands.type(page, 'current_password', secrets.password)
  await hands.type(page, 'new_password', secrets.next)
  await hands.use(page, button(page, 'Set the new password'))
  await page.getByText('Your password is changed.').waitFor()
  await log.next('authn_password_change', 'session_renewed')
  await page.goto('/activity')
  await page.locator('.rows li', { hasText: 'Reported by you' }).waitFor()
  assert.equal(await page.locator('li.unfamiliar').count(), 0)
}

// news are told on the first page after a sign-in, until they are put away.
async function news({ page, log, hands }) {
  await hands.use(page, button(page, 'Sign out'))
  await page.waitForURL('**/login')
  await hands.type(page, 'username', name)
  await hands.type(page, 'password', secrets.next)
  await hands.use(page, button(page, 'Sign in'))
  await heading(page, 'While you were away')
  await log.next('session_logout', 'authn_login_success', 'session_created')
  await hands.use(page, button(page, 'That was me'))
  await page.locator('.news').waitFor({ state: 'detached' })
}

async function leave({ page, log, hands, me }) {
  await page.goto('/settings/security')
  const [file] = await Promise.all([page.waitForEvent('download'), hands.use(page, page.getByRole('link', { name: 'Download my data' }))])
  const mine = JSON.parse(await readFile(await file.path(), 'utf8'))
  assert.deepEqual([mine.account.id, mine.cards.length, mine.cards[0].last4], [me, 1, '4242'])
  assert.ok(mine.events.length > 10 && mine.events.every((e) => JSON.parse(e.line).seq === e.seq))
  await log.next('user_exported')
  for (const typed of ['somebody', name]) {
    if (!(await page.locator('#erase-name').isVisible())) await hands.use(page, page.locator('details.delete > summary'))
    await hands.type(page, 'username', typed)
    await hands.use(page, button(page, `Delete the account ${name} and all its cards`))
    if (typed !== name) {
      await page.locator('#erase-name-fault').waitFor()
      await log.next('input_validation_fail')
    }
  }
  await heading(page, 'A vault for cards that writes down everything that happens to them.')
  await log.next('user_erased', 'session_expired', 'sensitive_delete', 'crypt_key_destroyed')
  assert.deepEqual((await page.context().cookies()).map((c) => c.name), [])
}

for (const [hands, script] of [[mouse, true], [keyboard, true], [mouse, false]]) {
  test(`a person's own history, ${hands.name}, ${script ? 'with' : 'without'} JavaScript`, async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer, { javaScriptEnabled: script })
    const at = { page, log: coffer.log, hands }
    Object.assign(at, await signUp(at))
    const line = await intrude(at)
    await filter(at)
    await report(at, line)
    await news(at)
    await leave(at)
    await finish(coffer)
  })
}
