// Every way a request can fail has a page: what happened, what to do, and the
// request's number.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'

after(closeBrowser)

// problem checks a page that is nothing but a refusal.
async function problem(page, status) {
  assert.equal(await page.locator('.problem .status').innerText(), String(status))
  assert.equal(await page.locator('h1').count(), 1)
  assert.match(await page.locator('#request').innerText(), /^r_\w+/, 'the request has a number')
  assert.ok((await page.locator('.problem a.btn').count()) > 0, 'there is a way on')
}

async function signUp(page, log, username) {
  await page.goto('/signup')
  await page.fill('[name="username"]', username)
  await page.fill('[name="password"]', secrets.password)
  await page.click('main form button:not([type])')
  await page.waitForURL((u) => u.pathname === '/')
  await log.next('user_created', 'session_created')
}

// post sends a form that no page of Coffer holds, from a page of Coffer.
async function post(page, path, fields) {
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.request().isNavigationRequest() && r.request().method() === 'POST'),
    page.waitForEvent('load'),
    page.evaluate(([action, entries]) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action })
      for (const [name, value] of entries) form.append(Object.assign(document.createElement('input'), { name, value }))
      document.body.append(form)
      form.submit()
    }, [path, Object.entries(fields)]),
  ])
  return answer.status()
}

test('not found, not allowed, not a form of ours', async (t) => {
  const coffer = await serve(t)
  const { log } = coffer
  const page = await visit(t, coffer)
  assert.equal((await page.goto('/no/such/page')).status(), 404)
  await problem(page, 404)
  await log.next()
  assert.equal(await post(page, '/activity', {}), 405)
  await problem(page, 405)
  await log.next()
  await signUp(page, log, 'marie.curie')
  for (const id of ['1', 'c_doesnotexist00000000', '%E2%80%AE']) {
    assert.equal((await page.goto(`/view_credit_card/${id}`)).status(), 404)
    await problem(page, 404)
    assert.equal((await log.next('authz_fail'))[0].reason, 'not_found')
  }
  assert.equal(await post(page, '/create_credit_card', { card_number: '1', cvv: '123' }), 400)
  await problem(page, 400)
  const [extra] = await log.next('malicious_extraneous')
  assert.ok(!JSON.stringify(extra).includes('cvv'), 'names of unknown fields are counted, not written')
  assert.equal(await post(page, '/create_credit_card', { label: 'x'.repeat(70_000) }), 413)
  await problem(page, 413)
  await log.next('input_validation_fail')
  await finish(coffer)
})

test('someone else’s card is not found, and its owner’s event', async (t) => {
  const coffer = await serve(t)
  const { log } = coffer
  const owner = await visit(t, coffer)
  await signUp(owner, log, 'owner.one')
  const next = String(new Date().getUTCFullYear() + 1).slice(2)
  assert.equal(await post(owner, '/create_credit_card', { card_number: secrets.other, cardholder_name: 'Owner One', expiry: `05/${next}`, label: '' }), 303)
  const [, made] = await log.next('crypt_key_created', 'sensitive_create', 'sensitive_read')
  const path = new URL(owner.url()).pathname
  const other = await visit(t, coffer)
  await signUp(other, log, 'other.two')
  assert.equal((await other.goto(path)).status(), 404)
  await problem(other, 404)
  const [line] = await log.next('malicious_direct_reference')
  assert.equal(line.subject, made.actor, 'the subject is the owner')
  assert.notEqual(line.actor, made.actor)
  await finish(coffer)
})

test('too many requests counts down', async (t) => {
  const coffer = await serve(t, { env: { COFFER_LIMITS: 'login=2/h' }, firstLines: false })
  const { log } = coffer
  await log.next('log_opened', 'crypt_key_created', 'crypt_key_created', 'crypt_key_created', 'sys_startup', 'sys_config_changed')
  const page = await visit(t, coffer)
  await page.goto('/login')
  for (let i = 0; i < 2; i++) {
    assert.equal(await post(page, '/login', { username: 'nobody', password: 'wrong horse battery', next: '' }), 401)
    await log.next('authn_login_fail')
  }
  assert.equal(await post(page, '/login', { username: 'nobody', password: 'wrong horse battery', next: '' }), 429)
  const [line] = await log.next('excess_rate_limit_exceeded')
  assert.equal(line.data.target, 'limit:login')
  await problem(page, 429)
  const left = page.locator('[data-wait] [data-left]')
  const first = await left.innerText()
  assert.match(first, /^\d+:\d\d/)
  await page.waitForFunction((was) => document.querySelector('[data-wait] [data-left]').innerText !== was, first)
  await finish(coffer)
})

test('a disk that takes no more: nothing was changed', async (t) => {
  // No file may grow beyond so many blocks: the database soon cannot, and nothing is done any more.
  const coffer = await serve(t, { shell: 'ulimit -f 800' })
  const { log } = coffer
  const page = await visit(t, coffer)
  let people = 0
  for (; people < 60; people++) {
    await page.context().clearCookies()
    await page.goto('/signup')
    const status = await post(page, '/signup', { username: `person.${people}`, password: secrets.password })
    if (status === 503) break
    assert.equal(status, 303)
    await log.next('user_created', 'session_created')
  }
  await problem(page, 503)
  assert.match(await page.locator('main').innerText(), /nothing was changed/i)
  assert.deepEqual((await page.context().cookies()).filter((c) => c.name === 'coffer'), [], 'nobody is signed in')
  // Something smaller may still fit: the server finds that out within a second and is ready again, so each look
  // comes right after a refusal.
  let ready = 0
  for (let tries = 0; tries < 10 && ready !== 503; tries++) {
    assert.equal(await post(page, '/signup', { username: 'one.more', password: secrets.password }), 503)
    ready = (await fetch(`${coffer.url}/readyz`)).status
  }
  assert.equal(ready, 503, 'a balancer must learn that nothing can be done here')
  await log.next()
})

test('a post from another site', async (t) => {
  const coffer = await serve(t)
  const page = await visit(t, coffer)
  await page.route('https://elsewhere.invalid/', (route) => route.fulfill({
    contentType: 'text/html',
    body: `<form method="post" action="${coffer.url}/login"><input name="username" value="x"><button>Win</button></form>`,
  }))
  await page.goto('https://elsewhere.invalid/')
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().startsWith(coffer.url) && r.request().method() === 'POST'),
    page.waitForEvent('load'),
    page.click('button'),
  ])
  assert.equal(answer.status(), 403)
  await problem(page, 403)
  await coffer.log.next('malicious_csrf')
  await finish(coffer)
})
