// What a form does with mistakes: each is named beside its field and in a
// summary that takes focus; what was typed stays, a secret never.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { closeBrowser, expiry, finish, secrets, serve, visit } from './kit.mjs'

after(closeBrowser)

// refused checks the page that a mistake gives.
async function refused(page, fields, { kept = {}, emptied = [] }) {
  const summary = page.locator('.summary[role="alert"]')
  await summary.waitFor()
  assert.ok(await summary.evaluate((e) => e === document.activeElement), 'the summary has the focus')
  for (const field of fields) {
    const input = page.locator(`[name="${field}"]`)
    const text = (await page.locator(`#${field}-fault`).textContent()).trim()
    assert.ok(text.length > 0, `${field} says what is wrong`)
    assert.equal(await input.getAttribute('aria-invalid'), 'true')
    assert.match(await input.getAttribute('aria-describedby'), new RegExp(`\\b${field}-fault\\b`))
    await summary.getByRole('link', { name: text }).click()
    assert.ok(await input.evaluate((e) => e === document.activeElement), `the summary leads to ${field}`)
  }
  for (const [field, value] of Object.entries(kept)) assert.equal(await page.locator(`[name="${field}"]`).inputValue(), value, `${field} is kept`)
  for (const field of emptied) assert.equal(await page.locator(`[name="${field}"]`).inputValue(), '', `${field} comes back empty`)
}

// send fills in a form, presses its button and gives the answer's status.
async function send(page, path, fields) {
  if (new URL(page.url()).pathname !== path) await page.goto(path)
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value)
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().isNavigationRequest() && r.request().method() === 'POST'),
    page.waitForEvent('load'),
    page.locator('main form button:not([type])').first().click(),
  ])
  return answer.status()
}

// broken are the fields and rules that a line names.
const broken = (line) => line.data.fields.map((f) => f.field).sort()

describe('forms', { concurrency: false }, () => {
  let coffer, page, log
  const undo = []
  before(async () => {
    const t = { after: (f) => undo.unshift(f) }
    coffer = await serve(t)
    page = await visit(t, coffer)
    log = coffer.log
  })
  after(async () => {
    await finish(coffer)
    for (const f of undo) await f()
  })

  test('sign-up with a short name and a short password', async () => {
    assert.equal(await send(page, '/signup', { username: 'ab', password: 'short7!' }), 422)
    const [line] = await log.next('input_validation_fail')
    assert.deepEqual(broken(line), ['password', 'username'])
    assert.equal(line.data.target, 'route:/signup')
    assert.equal(line.actor, '', 'what was typed is never an actor')
    await refused(page, ['username', 'password'], { kept: { username: 'ab' }, emptied: ['password'] })
  })

  test('sign-up with a common password, and with a name that forges a line', async () => {
    assert.equal(await send(page, '/signup', { username: 'grace', password: 'password123' }), 422)
    assert.deepEqual(broken((await log.next('input_validation_fail'))[0]), ['password'])
    await refused(page, ['password'], { kept: { username: 'grace' }, emptied: ['password'] })
    const forged = 'x","event":"authn_login_success"}'
    assert.equal(await send(page, '/signup', { username: forged, password: secrets.password }), 422)
    assert.deepEqual(broken((await log.next('input_validation_fail'))[0]), ['username'])
    await refused(page, ['username'], { kept: { username: forged }, emptied: ['password'] })
  })

  test('sign-up, and the same name again', async (t) => {
    assert.equal(await send(page, '/signup', { username: 'grace', password: secrets.password }), 303)
    const [{ actor }] = await log.next('user_created', 'session_created')
    const stranger = await visit(t, coffer)
    assert.equal(await send(stranger, '/signup', { username: 'GRACE', password: secrets.password }), 422)
    const [line] = await log.next('authn_signup_fail')
    assert.equal(line.reason, 'name_taken')
    assert.equal(line.subject, actor)
    assert.equal(line.actor, '')
    assert.equal(await stranger.locator('[name="password"]').inputValue(), '')
  })

  test('sign-in with a wrong password and with an unknown name look the same', async (t) => {
    const stranger = await visit(t, coffer)
    const seen = []
    for (const username of ['grace', 'nobody.here']) {
      assert.equal(await send(stranger, '/login', { username, password: 'wrong horse battery' }), 401)
      await refused(stranger, [], { kept: { username }, emptied: ['password'] })
      seen.push(await stranger.locator('main').innerText())
    }
    assert.equal(seen[0], seen[1], 'the page tells nothing of whether the name exists')
    const [known, unknown] = await log.next('authn_login_fail', 'authn_login_fail')
    assert.equal(known.reason, 'wrong_password')
    assert.equal(unknown.reason, 'unknown_name')
    assert.equal(unknown.subject, '')
    assert.ok(!JSON.stringify(unknown).includes('nobody.here'), 'what was typed is not in the line')
    assert.equal(await send(stranger, '/login', { username: 'grace', password: secrets.password }), 303)
    await log.next('authn_login_successafterfail', 'session_created')
  })

  test('a card with everything wrong, then put right', async () => {
    const typed = { cardholder_name: '', expiry: '13/19', label: 'x'.repeat(200) }
    assert.equal(await send(page, '/create_credit_card', { card_number: '4242 4242 4242 4243', ...typed }), 422)
    const [line] = await log.next('input_validation_fail')
    assert.deepEqual(broken(line), ['card_number', 'cardholder_name', 'expiry', 'label'])
    await refused(page, broken(line), { kept: { expiry: typed.expiry, label: typed.label }, emptied: ['card_number'] })
    const right = { card_number: secrets.other, cardholder_name: 'Grace Hopper', expiry, label: 'Travel' }
    assert.equal(await send(page, '/create_credit_card', right), 303)
    await log.next('crypt_key_created', 'sensitive_create', 'sensitive_read')
    assert.equal(await send(page, '/create_credit_card', { ...right, expiry: '12/' + expiry.slice(3) }), 303)
    await log.next('sensitive_update', 'sensitive_read')
  })

  test('the visitor’s own last line on the welcome page', async (t) => {
    const stranger = await visit(t, coffer)
    await stranger.goto('/create_credit_card')
    await stranger.waitForURL('**/login?next=*')
    const [line] = await log.next('authz_fail')
    assert.equal(line.reason, 'signed_out')
    assert.equal(line.data.target, 'route:/create_credit_card')
    await stranger.goto('/')
    assert.ok((await stranger.locator('main').innerText()).includes('authz_fail'), 'the welcome page explains the line just written')
  })
})
