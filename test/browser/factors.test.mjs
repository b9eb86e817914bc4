// Second factors beside passkeys: an authenticator app, recovery codes, and
// what is demanded of everybody.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from './axe.mjs'
import { code, device } from './authenticator.mjs'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'
import { addApp, button, enrolled, heading, newCodes, password, security, signOut, signUp } from './steps.mjs'
import { factorTour } from './tour-factors.mjs'

after(closeBrowser)

for (const [hands, script] of [[keyboard, true], [mouse, false]]) {
  test(`an authenticator app, ${hands.name}, ${script ? 'with' : 'without'} JavaScript`, async (t) => {
    const coffer = await serve(t, { host: 'localhost' })
    const page = await visit(t, coffer, { javaScriptEnabled: script })
    const { log } = coffer
    const at = { page, log, hands, script }
    const me = await signUp(at)
    await page.getByText('You have no recovery codes yet.').waitFor()
    const secret = await addApp(at, me)
    assert.equal((await enrolled(log, 'totp')).data.signed, 'none')
    const codes = await newCodes(at, me)
    await page.goto('/')
    await heading(page, 'Cards')
    assert.equal(await page.getByText('You have no recovery codes yet.').count(), 0)

    await signOut(at)
    await password(at, '/login?next=/activity')
    await log.next() // the password alone is no event yet, and lets nobody in
    await page.goto('/activity')
    await heading(page, 'Second step')
    await log.next('sequence_fail')
    await hands.type(page, 'code', '000000')
    await hands.use(page, button(page, 'Sign in'))
    await page.locator('.summary').waitFor()
    assert.equal((await log.next('authn_factor_fail'))[0].data.step, 'login')
    assert.equal(await page.locator('[name="code"]').inputValue(), '', 'a code is not sent back')
    await hands.type(page, 'code', code(secret, 1))
    await hands.use(page, button(page, 'Sign in'))
    await heading(page, 'Activity')
    const [login] = await log.next('authn_login_successafterfail', 'session_created')
    assert.equal(login.actor, me)

    await signOut(at)
    await password(at)
    await hands.use(page, page.getByRole('link', { name: 'Use a recovery code' }))
    await hands.type(page, 'code', codes[0].toLowerCase().replaceAll('-', ' '))
    await hands.use(page, button(page, 'Sign in'))
    await heading(page, 'Cards')
    const [used] = await log.next('authn_recovery_used', 'authn_login_success', 'session_created')
    assert.equal(used.data.left, 9)

    await security(at)
    await page.getByText('Nine of ten are left.').waitFor()
    await hands.use(page, page.locator('summary', { hasText: 'Remove the app' }))
    await hands.use(page, button(page, 'Remove the authenticator app'))
    await page.getByText('You sign in with your password alone.').waitFor()
    assert.equal((await log.next('authn_factor_removed'))[0].subject, me)
    await finish(coffer)
  })
}

test('a second factor that is demanded', async (t) => {
  const coffer = await serve(t, { host: 'localhost', env: { COFFER_REQUIRE_SECOND_FACTOR: 'all' }, firstLines: false })
  await coffer.log.next('log_opened', 'crypt_key_created', 'crypt_key_created', 'crypt_key_created', 'sys_startup', 'sys_config_changed')
  const page = await visit(t, coffer)
  await device(page)
  await page.goto('/signup')
  await mouse.type(page, 'username', 'ada.lovelace')
  await mouse.type(page, 'password', secrets.password)
  await mouse.use(page, button(page, 'Create account'))
  await heading(page, 'Add a second factor')
  await coffer.log.next('user_created', 'session_created')
  await audit(page, 'required')
  await mouse.use(page, button(page, 'Make the passkey'))
  await heading(page, 'Security')
  await enrolled(coffer.log, 'passkey')
  await finish(coffer)
})

test('axe finds nothing on any page of second factors, light and dark, at three widths', async (t) => {
  const coffer = await serve(t, { host: 'localhost' })
  const page = await visit(t, coffer)
  await factorTour(page, (name) => t.test(name, () => audit(page, name)))
})
