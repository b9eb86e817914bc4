// What is left on the screen when a session is over: nothing of a person's.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeBrowser, expiry, finish, secrets, serve, visit } from './kit.mjs'

after(closeBrowser)

async function signUp(page, log) {
  await page.goto('/signup')
  await page.fill('[name="username"]', 'marie.curie')
  await page.fill('[name="password"]', secrets.password)
  await page.click('main form button:not([type])')
  await page.waitForURL((u) => u.pathname === '/')
  await log.next('user_created', 'session_created')
}

async function addCard(page, log) {
  await page.goto('/create_credit_card')
  for (const [name, value] of Object.entries({ card_number: secrets.number, cardholder_name: 'Marie Curie', expiry })) await page.fill(`[name="${name}"]`, value)
  await page.click('main form button:not([type])')
  await page.waitForURL((u) => u.pathname.startsWith('/view_credit_card/'))
  await log.next('crypt_key_created', 'sensitive_create', 'sensitive_read')
}

const root = (u) => u.pathname === '/'

test('signing out takes the pages of other tabs off the screen', async (t) => {
  const coffer = await serve(t)
  const { log } = coffer
  const page = await visit(t, coffer)
  await signUp(page, log)
  await addCard(page, log)
  const other = await page.context().newPage()
  await other.goto('/')
  await other.click('form[action="/logout"] button')
  await page.waitForURL(root)
  await log.next('session_logout')
  assert.equal(await page.locator('form[action="/logout"]').count(), 0, 'the tab knows that it is signed out')
  assert.ok(!(await page.content()).includes('4242'), 'nothing of the card is left')
  await page.goBack()
  assert.equal(new URL(page.url()).pathname, '/login', 'going back brings nothing back')
  await log.next('authz_fail')
  await finish(coffer)
})

test('a page that nobody used leaves when its session would be over, and not while another tab is used', async (t) => {
  const coffer = await serve(t)
  const { log } = coffer
  const page = await visit(t, coffer)
  await page.clock.install()
  await signUp(page, log)
  await page.goto('/activity')
  await page.clock.fastForward('29:00')
  const other = await page.context().newPage()
  await other.goto('/settings/security')
  await other.close()
  await page.clock.fastForward('29:00')
  assert.equal(new URL(page.url()).pathname, '/activity')
  await page.clock.fastForward('01:01')
  await page.waitForURL(root)
  await log.next()
  await finish(coffer)
})
