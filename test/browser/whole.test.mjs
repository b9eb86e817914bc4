// One person's whole way, in a window of a phone and in one of a desk: an
// account, both factors, coming back by passkey, losing it, recovering, and at
// the end everything taken along and deleted.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { code, device, withoutOffers } from './authenticator.mjs'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'
import { addApp, addCard, addPasskey, button, enrolled, heading, newCodes, password, reveal, security, signedIn, signOut, signUp, stepUp } from './steps.mjs'

after(closeBrowser)

// recover sets a new password with a recovery code; the app is the second step.
async function recover({ page, log, hands, me }, words, secret) {
  await page.goto('/login')
  await hands.use(page, page.getByRole('link', { name: 'Use a recovery code' }))
  await heading(page, 'Recover your account')
  await hands.type(page, 'username', 'ada.lovelace')
  await hands.type(page, 'code', words.toLowerCase())
  await hands.type(page, 'new_password', secrets.next)
  await hands.use(page, button(page, 'Set the new password'))
  await heading(page, 'Second step')
  const [used] = await log.next('authn_recovery_used', 'authn_password_change')
  assert.deepEqual([used.actor, used.data.left], [me, 9])
  await hands.type(page, 'code', code(secret, 1)) // enrolling used this half minute's
  await hands.use(page, button(page, 'Sign in'))
  await heading(page, 'Cards')
  const [login] = await log.next('authn_login_success', 'session_created')
  assert.equal(login.data.method, 'recovery+totp')
}

// elsewhere signs in with another browser, and gives its session's hash.
async function elsewhere(t, coffer, words) {
  const page = await visit(t, coffer)
  await withoutOffers(page)
  const at = { page, log: coffer.log, hands: mouse }
  await password(at, '/login', secrets.next)
  await page.getByRole('link', { name: 'Use a recovery code' }).click()
  await mouse.type(page, 'code', words)
  await mouse.use(page, button(page, 'Sign in'))
  await heading(page, 'Cards')
  const [, , session] = await coffer.log.next('authn_recovery_used', 'authn_login_success', 'session_created')
  return session.session
}

async function endOther({ page, log, hands }, hash) {
  await security({ page, hands })
  await hands.use(page, page.getByRole('button', { name: /^End session of / }))
  await page.getByText('You are signed in here, and nowhere else.').waitFor()
  const [ended] = await log.next('session_expired')
  assert.equal(ended.session, hash)
}

// report says of a line that it was somebody else, and sets a new password.
async function report({ page, log, hands, me }, words) {
  await page.goto('/activity')
  const row = page.locator('.rows li', { hasText: 'Session started' }).first()
  await hands.use(page, row.locator('summary'))
  await hands.use(page, row.getByRole('button', { name: 'Report it and secure my account' }))
  await page.getByText('You reported something as not your doing').waitFor()
  assert.equal((await log.next('user_reported'))[0].subject, me)
  // The passkey is lost, so a code stands in for it, for five minutes.
  await page.goto('/confirm?next=/settings/security&by=recovery')
  await hands.type(page, 'code', words)
  await hands.use(page, button(page, 'Confirm'))
  await heading(page, 'Security')
  await log.next('authn_recovery_used', ...stepUp)
  await hands.use(page, page.locator('summary', { hasText: 'Change password' }))
  await hands.type(page, 'current_password', secrets.next)
  await hands.type(page, 'new_password', secrets.password)
  await hands.use(page, button(page, 'Set the new password'))
  await page.getByText('Your password is changed.').waitFor()
  await log.next('authn_password_change', 'session_renewed')
}

async function leave({ page, log, hands, me }) {
  const [file] = await Promise.all([page.waitForEvent('download'), hands.use(page, page.getByText('Download my data', { exact: true }))])
  const mine = JSON.parse(await readFile(await file.path(), 'utf8'))
  assert.deepEqual([mine.account.id, mine.cards.length, mine.factors.map((f) => f.kind).sort()], [me, 1, ['passkey', 'password', 'recovery', 'totp']])
  await log.next('user_exported')
  await hands.use(page, page.locator('details.delete > summary'))
  await hands.type(page, 'username', 'ada.lovelace')
  await hands.use(page, button(page, 'Delete the account ada.lovelace and all its cards'))
  await heading(page, 'A vault for cards that writes down everything that happens to them.')
  await log.next('user_erased', 'session_expired', 'sensitive_delete', 'crypt_key_destroyed')
}

for (const [hands, viewport] of [[mouse, { width: 390, height: 844 }], [keyboard, { width: 1440, height: 900 }]]) {
  test(`the whole way, ${hands.name}, ${viewport.width} pixels wide`, async (t) => {
    const coffer = await serve(t, { host: 'localhost' })
    const page = await visit(t, coffer, { viewport })
    await withoutOffers(page)
    const at = { page, log: coffer.log, hands }
    const key = await device(page)
    const me = (at.me = await signUp(at))
    const id = await addCard(at)
    const secret = await addApp(at, me)
    await enrolled(at.log, 'totp')
    const codes = await newCodes(at, me)
    await hands.use(page, page.getByRole('link', { name: 'I have kept them' }))
    await addPasskey(at, 'Phone')
    await enrolled(at.log, 'passkey')

    await signOut(at)
    await hands.use(page, button(page, 'Sign in with a passkey'))
    await signedIn(at, me)
    await reveal(at, me, id)

    await key.lose()
    await signOut(at)
    await recover(at, codes[0], secret)
    await endOther(at, await elsewhere(t, coffer, codes[1]))
    await report(at, codes[2])
    await leave(at)
    await finish(coffer)
  })
}
