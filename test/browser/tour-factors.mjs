// Every page of second factors, one after another: for the audit and the
// pictures. It needs a Coffer on localhost, whose address can have passkeys.
import { code, device, withoutOffers } from './authenticator.mjs'
import { expiry, secrets } from './kit.mjs'

const submit = (page) => Promise.all([page.waitForEvent('load'), page.click('main form[novalidate] button:not([type])')])
const press = (page, name) => page.getByRole('button', { name, exact: true }).click()

async function arrive(page, look) {
  await page.goto('/login')
  await look('login-passkey')
  await page.goto('/recover')
  await look('recover')
  await page.fill('[name="username"]', 'nobody')
  await page.fill('[name="new_password"]', 'short7!')
  await submit(page)
  await look('recover-faults')
  await page.goto('/signup')
  await page.fill('[name="username"]', 'katherine.johnson')
  await page.fill('[name="password"]', secrets.password)
  await submit(page)
  await page.waitForURL((u) => u.pathname === '/')
  await look('cards-offer')
  await page.goto('/create_credit_card')
  for (const [name, value] of Object.entries({ card_number: secrets.number, cardholder_name: 'Katherine Johnson', expiry, label: 'Groceries' })) await page.fill(`[name="${name}"]`, value)
  await submit(page)
  await page.waitForURL('**/view_credit_card/*')
  return page.url()
}

async function app(page, look) {
  await page.goto('/settings/security')
  await look('security-none')
  await page.goto('/settings/totp')
  await look('app')
  const secret = await page.locator('#secret').textContent()
  await page.fill('[name="code"]', '000000')
  await submit(page)
  await look('app-faults')
  await page.fill('[name="code"]', code(secret))
  await submit(page)
  await page.waitForURL('**/settings/security')
  await look('security-app')
  await page.goto('/settings/totp')
  await look('app-held')
  await page.goto('/settings/security')
  await press(page, 'Make ten codes')
  await page.locator('#codes').waitFor()
  await look('codes')
  const codes = await page.locator('#codes li').allTextContents()
  await page.goto('/confirm?next=/settings/security')
  await look('confirm-code')
  return { secret, codes }
}

async function passkey(page, look, card) {
  const key = await device(page)
  await page.goto('/settings/security')
  await page.locator('summary', { hasText: 'Add a passkey' }).click()
  await look('security-adding')
  await press(page, 'Make the passkey')
  await page.getByText('From now on a touch').waitFor()
  await page.locator('summary', { hasText: 'Remove the app' }).click()
  await look('security-passkey')
  await page.goto(card)
  await look('card-passkey')
  await key.verifies(false)
  await press(page, 'Show number')
  await page.getByText('No passkey answered').waitFor()
  await look('card-refused')
  await key.verifies(true)
  await press(page, 'Show number')
  await page.locator('#number').waitFor()
  await look('card-signed')
  await page.locator('.rows li', { hasText: 'Signed by your passkey' }).locator('a.seq').click()
  await page.waitForURL('**/activity/*')
  await look('event-signed')
  const target = new URL(card).pathname.split('/').at(-1)
  await page.goto(`/confirm?next=/&kind=sensitive_read&target=card:${target}`)
  await look('confirm-passkey')
  await page.goto(`/confirm?next=/&kind=sensitive_read&target=card:${target}&by=recovery`)
  await look('confirm-recovery')
}

async function back(page, look, { codes }) {
  const enter = async () => {
    await page.goto('/login')
    await page.fill('[name="username"]', 'katherine.johnson')
    await page.fill('[name="password"]', secrets.password)
    await submit(page)
    await page.waitForURL('**/login/verify')
  }
  await press(page, 'Sign out')
  await enter()
  await look('verify')
  await page.fill('[name="code"]', '000000')
  await submit(page)
  await look('verify-refused')
  await page.goto('/login/verify?by=recovery')
  await look('verify-recovery')
  for (const recovery of codes.slice(0, 8)) {
    await enter()
    await page.goto('/login/verify?by=recovery')
    await page.fill('[name="code"]', recovery)
    await submit(page)
    await page.waitForURL((u) => u.pathname === '/')
    if (recovery !== codes[7]) await press(page, 'Sign out')
  }
  await page.goto('/settings/security')
  await look('security-low')
}

// tour calls look with each page's name while the page stands there.
export async function factorTour(page, look) {
  await withoutOffers(page)
  const card = await arrive(page, look)
  const held = await app(page, look)
  await passkey(page, look, card)
  await back(page, look, held)
}
