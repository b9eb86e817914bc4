// Every page there is, one after another, for whoever wants to look at each:
// the audit and the pictures.
import { expiry, secrets } from './kit.mjs'

const submit = (page) => Promise.all([page.waitForEvent('load'), page.click('main form button:not([type])')])

async function people(page, look) {
  await page.goto('/')
  await look('welcome')
  await page.goto('/view_credit_card/1')
  await look('login-asked')
  await page.goto('/')
  await look('welcome-own')
  await page.goto('/login')
  await page.fill('[name="username"]', 'nobody')
  await page.fill('[name="password"]', 'wrong horse battery')
  await submit(page)
  await look('login-refused')
  await page.goto('/signup')
  await look('signup')
  await page.fill('[name="username"]', 'ab')
  await submit(page)
  await look('signup-faults')
  await page.fill('[name="username"]', 'katherine.johnson')
  await page.fill('[name="password"]', secrets.password)
  await submit(page)
  await page.waitForURL((u) => u.pathname === '/')
  await look('cards-empty')
}

async function store(page, card_number, cardholder_name, until, label) {
  await page.goto('/create_credit_card')
  for (const [name, value] of Object.entries({ card_number, cardholder_name, expiry: until, label })) await page.fill(`[name="${name}"]`, value)
  await submit(page)
  await page.waitForURL('**/view_credit_card/*')
}

async function cards(page, look) {
  await page.goto('/create_credit_card')
  await look('newcard')
  await page.fill('[name="card_number"]', '4242 4242 4242 4243')
  await page.fill('[name="expiry"]', '13/19')
  await submit(page)
  await look('newcard-faults')
  await store(page, secrets.number, 'Katherine Johnson', expiry, 'Groceries')
  const now = new Date()
  const soon = `${String(now.getUTCMonth() + 1).padStart(2, '0')}/${String(now.getUTCFullYear()).slice(2)}`
  await store(page, secrets.other, 'Katherine Coleman Goble Johnson', soon, 'A label that is rather long for a card')
  await store(page, '378282246310005', 'K Johnson', expiry, '')
  await look('card')
  await page.goto('/')
  await look('cards')
  await page.goto('/confirm?next=/')
  await look('confirm')
  await page.goto('/activity')
  await look('activity')
  await page.locator('.rows a.seq').first().click()
  await page.waitForURL('**/activity/*')
  await look('event')
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  await page.locator('.note.good').waitFor()
  await look('event-verified')
  await page.goto('/view_credit_card/1')
  await look('notfound')
  await page.goto('/')
  await page.locator('a.tile').first().click()
  await page.getByRole('button', { name: 'Show number' }).click()
  await page.locator('#number').waitFor()
  await look('card-shown')
}

// elsewhere signs the same person in on another device.
async function elsewhere(page, agent) {
  const fields = new URLSearchParams({ username: 'katherine.johnson', password: secrets.password })
  await fetch(new URL('/login', page.url()), { method: 'POST', body: fields, headers: { 'User-Agent': agent }, redirect: 'manual' })
}

async function security(page, look) {
  await page.goto('/settings/security')
  await look('security')
  await elsewhere(page, 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1')
  await elsewhere(page, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')
  await page.goto('/settings/security')
  await page.getByText('Change password', { exact: true }).click()
  await look('security-others')
  await page.fill('[name="current_password"]', 'not the password')
  await page.fill('[name="new_password"]', 'short7!')
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Set the new password' }).click()])
  await look('security-faults')
  await page.fill('[name="current_password"]', secrets.password)
  await page.fill('[name="new_password"]', secrets.next)
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Set the new password' }).click()])
  await page.waitForURL('**/settings/security')
  await look('security-changed')
}

// history is what a person sees of a sign-in that they did not know of, and how they leave.
async function history(page, look) {
  await page.goto('/activity')
  await page.locator('details.filter > summary').click()
  await page.locator('li.unfamiliar summary').first().click()
  await look('activity-unfamiliar')
  await page.goto('/activity?days=many&address=300.1')
  await look('activity-faults')
  await page.goto('/activity?q=nothing+like+it')
  await look('activity-none')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/login')
  await page.fill('[name="username"]', 'katherine.johnson')
  await page.fill('[name="password"]', secrets.next)
  await submit(page)
  await page.locator('.news').waitFor()
  await look('cards-news')
  await page.goto('/activity')
  await page.locator('li.unfamiliar summary').first().click()
  await page.locator('li.unfamiliar').first().getByRole('button').click()
  await page.waitForURL('**/settings/security#password')
  await look('security-reported')
  await page.goto('/')
  await page.locator('a.tile').first().click()
  await page.getByRole('button', { name: 'Show number' }).click()
  await page.getByRole('heading', { name: 'Number not shown' }).waitFor()
  await look('card-locked')
  await page.goto('/settings/security')
  await page.locator('details.delete > summary').click()
  await page.fill('#erase-name', 'somebody')
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: /^Delete the account/ }).click()])
  await look('security-mistyped')
}

// tour calls look with each page's name while the page stands there.
export async function tour(page, look) {
  await people(page, look)
  await cards(page, look)
  await security(page, look)
  await history(page, look)
}
