// Steps of tests about second factors. Each says which lines it writes.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { code } from './authenticator.mjs'
import { expiry, secrets } from './kit.mjs'

export const button = (page, name) => page.getByRole('button', { name, exact: true })
export const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()

export async function signUp({ page, log, hands }) {
  await page.goto('/signup')
  await hands.type(page, 'username', 'ada.lovelace')
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, button(page, 'Create account'))
  await heading(page, 'Cards')
  const [user] = await log.next('user_created', 'session_created')
  return user.actor
}

export async function signOut({ page, log, hands }) {
  await hands.use(page, button(page, 'Sign out'))
  await page.waitForURL('**/login')
  await log.next('session_logout')
}

// password gives the first of two proofs.
export async function password({ page, hands }, path = '/login', words = secrets.password) {
  await page.goto(path)
  await hands.type(page, 'username', 'ada.lovelace')
  await hands.type(page, 'password', words)
  await hands.use(page, page.getByRole('button', { name: /^Sign in( with password)?$/ }))
  await heading(page, 'Second step')
}

export async function security({ page, hands }) {
  await hands.use(page, page.getByRole('link', { name: 'Security', exact: true }).first())
  await heading(page, 'Security')
}

// addApp adds an authenticator app, after a wrong code was refused.
export async function addApp(at, me, { signed = false } = {}) {
  const { page, log, hands } = at
  await security(at)
  await hands.use(page, page.getByRole('link', { name: 'Add an app' }))
  await heading(page, 'Authenticator app')
  const secret = (await page.locator('#secret').textContent()).trim()
  assert.match(secret, /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/, '160 bits, in fours')
  const link = new URL(await page.getByRole('link', { name: 'Open in an app on this device' }).getAttribute('href'))
  assert.equal(link.searchParams.get('secret'), secret.replaceAll(' ', ''))
  if (!signed) {
    await hands.type(page, 'code', code(secret, 20))
    await hands.use(page, button(page, 'Add the app'))
    await page.locator('#code-fault').waitFor()
    const [no] = await log.next('authn_factor_fail')
    assert.deepEqual([no.reason, no.data.step, no.subject], ['wrong', 'enrol', me])
    assert.equal((await page.locator('#secret').textContent()).trim(), secret, 'the same secret waits')
  }
  await hands.type(page, 'code', code(secret))
  await hands.use(page, button(page, 'Add the app'))
  await page.waitForURL('**/settings/security')
  await page.getByText('Your authenticator app is added.').waitFor()
  return secret
}

export const enrolled = async (log, kind, before = []) => {
  const lines = await log.next(...before, 'authn_factor_enrolled')
  const line = lines.at(-1)
  assert.match(line.data.target, new RegExp(`^${kind}:f_`))
  return line
}

// kept holds that the codes can be copied, and saved as a file, as they are.
export async function kept({ page, hands }, codes) {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await hands.use(page, button(page, 'Copy all'))
  await button(page, 'Copied').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join('\n'))
  const [download] = await Promise.all([page.waitForEvent('download'), hands.use(page, button(page, 'Save as a file'))])
  assert.equal(download.suggestedFilename(), 'coffer-recovery-codes.txt')
  const text = await readFile(await download.path(), 'utf8')
  assert.match(text, /^Coffer recovery codes of ada\.lovelace for http:\/\/localhost:\d+, made /)
  assert.deepEqual(text.trim().split('\n').slice(2), codes)
}

// newCodes makes recovery codes and gives them.
export async function newCodes(at, me) {
  const { page, log, hands } = at
  await hands.use(page, button(page, 'Make ten codes'))
  await heading(page, 'Recovery codes')
  const line = await enrolled(log, 'recovery')
  assert.equal(line.subject, me)
  const codes = (await page.locator('#codes li').allTextContents()).map((c) => c.trim())
  assert.equal(new Set(codes).size, 10)
  if (at.script) await kept(at, codes)
  return codes
}

// addPasskey adds one by a name of its person's.
export async function addPasskey(at, name) {
  await askPasskey(at, name)
  await at.page.getByText(`Your passkey “${name}” is added.`).waitFor()
}

export async function askPasskey(at, name) {
  const { page, hands } = at
  await security(at)
  await hands.use(page, page.locator('summary', { hasText: 'Add a passkey' }))
  await hands.type(page, 'passkey_name', name)
  await hands.use(page, button(page, 'Make the passkey'))
}

// isSigned holds that the line carries the signature of exactly this: the
// challenge is the hash of the operation's text.
export function isSigned(line, kind, target, person) {
  const { signed } = line.data
  assert.equal(typeof signed, 'object', `${kind} is signed`)
  assert.deepEqual(Object.keys(signed), ['credential', 'nonce', 'client_data', 'authenticator_data', 'signature'])
  const client = JSON.parse(Buffer.from(signed.client_data, 'base64url'))
  const text = `coffer/operation/v1\n${signed.nonce}\n${kind}\n${target}\n${person}\n`
  assert.equal(client.challenge, createHash('sha256').update(text).digest('base64url'))
  assert.deepEqual([line.event, line.data.target, client.type], [kind, target, 'webauthn.get'])
}

export const stepUp = ['authn_stepup_success', 'session_renewed']

export async function addCard({ page, log, hands }) {
  await page.goto('/create_credit_card')
  await hands.type(page, 'card_number', secrets.number)
  await hands.type(page, 'expiry', expiry)
  await hands.type(page, 'cardholder_name', 'Ada Lovelace')
  await hands.use(page, button(page, 'Save card'))
  await page.waitForURL('**/view_credit_card/*')
  await log.next('crypt_key_created', 'sensitive_create', 'sensitive_read')
  return new URL(page.url()).pathname.split('/').at(-1)
}

// signedIn holds that a passkey alone brought its person in.
export async function signedIn({ page, log }, me) {
  await heading(page, 'Cards')
  const [login, session] = await log.next('authn_login_success', 'session_created')
  assert.deepEqual([login.actor, login.data.method, session.actor], [me, 'passkey', me])
}

// reveal shows the number with one touch, and hides it again.
export async function reveal({ page, log, hands }, me, id) {
  await page.goto(`/view_credit_card/${id}`)
  await log.next('sensitive_read')
  await hands.use(page, button(page, 'Show number'))
  const number = page.locator('#number')
  await number.waitFor()
  assert.equal((await number.textContent()).replaceAll(' ', ''), secrets.number)
  const lines = await log.next(...stepUp, 'sensitive_read')
  isSigned(lines.at(-1), 'sensitive_read', `card:${id}`, me)
  await page.getByText('and signed by your passkey').waitFor()
  await page.locator('.rows .badge', { hasText: 'Signed by your passkey' }).first().waitFor()
}

// refused presses a button while the passkey does not know its person.
export async function refused({ page, log, hands }, key, id) {
  await page.goto(`/view_credit_card/${id}`)
  await log.next('sensitive_read')
  await key.verifies(false)
  await hands.use(page, button(page, 'Show number'))
  await page.getByRole('status').getByText('No passkey answered, or you stopped it. Nothing was changed.').waitFor()
  assert.equal(await page.locator('#number').count(), 0)
  await log.next()
  await key.verifies(true)
}

// newSigned makes recovery codes, signed for by a passkey.
export async function newSigned({ page, log, hands }, me) {
  await hands.use(page, button(page, 'Make ten codes'))
  await heading(page, 'Recovery codes')
  const line = await enrolled(log, 'recovery', stepUp)
  isSigned(line, 'authn_factor_enrolled', line.data.target, me)
  return (await page.locator('#codes li').allTextContents()).map((c) => c.trim())
}
