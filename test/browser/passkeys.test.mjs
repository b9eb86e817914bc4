// Passkeys as one person uses them, by mouse and by keyboard: adding, coming
// back, signing for each operation, losing one.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { device, offered, watchOffers, withoutOffers } from './authenticator.mjs'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'
import {
  addApp, addCard, addPasskey, askPasskey, button, enrolled, heading, isSigned, newSigned, password, refused, reveal, security, signedIn, signOut, signUp, stepUp,
} from './steps.mjs'

after(closeBrowser)

for (const hands of [mouse, keyboard]) {
  test(`a passkey, ${hands.name}`, async (t) => {
    const coffer = await serve(t, { host: 'localhost' })
    const page = await visit(t, coffer)
    await watchOffers(page)
    const { log } = coffer
    const at = { page, log, hands }
    const key = await device(page)
    const me = await signUp(at)
    const id = await addCard(at)
    await addPasskey(at, 'Blue key')
    const line = await enrolled(log, 'passkey')
    const [made] = await key.keys()
    assert.equal(line.data.credential, Buffer.from(made.credentialId, 'base64').toString('base64url'))
    assert.deepEqual([line.data.rp, line.data.origin, line.data.algorithm, line.data.signed], ['localhost', coffer.url, -7, 'none'])

    await key.touches(false)
    await signOut(at) // to a page that offers the passkey, which is not taken up
    await offered(page)
    await key.touches(true)
    await hands.use(page, button(page, 'Sign in with a passkey'))
    await signedIn(at, me)
    await key.touches(false)
    await signOut(at)
    await offered(page)
    await key.touches(true)
    await page.reload() // the offer is taken up
    await signedIn(at, me)

    await reveal(at, me, id)
    await refused(at, key, id)
    await reveal(at, me, id)

    // Asked on /confirm, it signs for the same: the button then needs no touch.
    await page.goto(`/confirm?next=/view_credit_card/${id}&kind=sensitive_read&target=card:${id}`)
    await page.getByText('showing a card’s number').first().waitFor()
    await hands.use(page, button(page, 'Confirm with your passkey'))
    await page.waitForURL(`**/view_credit_card/${id}`)
    await hands.use(page, button(page, 'Show number'))
    await page.locator('#number').waitFor()
    isSigned((await log.next(...stepUp, 'sensitive_read', 'sensitive_read')).at(-1), 'sensitive_read', `card:${id}`, me)

    // What else is signed for: new codes, a new password, removing, adding.
    await security(at)
    await newSigned(at, me)
    await hands.use(page, page.getByRole('link', { name: 'I have kept them' }))
    await hands.use(page, page.locator('summary', { hasText: 'Change password' }))
    await hands.type(page, 'current_password', secrets.password)
    await hands.type(page, 'new_password', secrets.next)
    await hands.use(page, button(page, 'Set the new password'))
    await page.getByText('Your password is changed.').waitFor()
    const changed = (await log.next(...stepUp, 'authn_password_change', 'session_renewed')).at(-2)
    isSigned(changed, 'authn_password_change', `account:${me}`, me)
    await hands.use(page, button(page, 'Remove Blue key'))
    await page.getByText('You sign in with your password alone.').waitFor()
    isSigned((await log.next(...stepUp, 'authn_factor_removed')).at(-1), 'authn_factor_removed', line.data.target, me)
    await addPasskey(at, 'Green key')
    await enrolled(log, 'passkey')
    await addApp(at, me, { signed: true })
    const app = await enrolled(log, 'totp', stepUp)
    isSigned(app, 'authn_factor_enrolled', app.data.target, me)
    await finish(coffer)
  })
}

test('a passkey that is lost', async (t) => {
  const coffer = await serve(t, { host: 'localhost' })
  const page = await visit(t, coffer)
  await withoutOffers(page)
  const { log } = coffer
  const at = { page, log, hands: mouse }
  const key = await device(page)
  const me = await signUp(at)
  const id = await addCard(at)
  await addPasskey(at, 'Old phone')
  await enrolled(log, 'passkey')
  await askPasskey(at, 'Same phone')
  await page.getByText('This device has a passkey of yours already.').waitFor()
  await log.next(...stepUp)
  await page.reload()
  const codes = await newSigned(at, me)
  await signOut(at)

  await key.lose()
  await password(at)
  assert.equal(await button(page, 'Sign in with a passkey').count(), 1, 'it could still be asked')
  await mouse.type(page, 'code', codes[0])
  await mouse.use(page, button(page, 'Sign in'))
  await heading(page, 'Cards')
  const [used] = await log.next('authn_recovery_used', 'authn_login_success', 'session_created')
  assert.deepEqual([used.subject, used.data.left], [me, 9])

  // The recovery code stands in for the passkey: for a while nothing else is
  // asked, and the line of a number that is shown says that nobody signed.
  await page.goto(`/view_credit_card/${id}`)
  await mouse.use(page, button(page, 'Show number'))
  await page.locator('#number').waitFor()
  const lines = await log.next('sensitive_read', 'sensitive_read')
  assert.equal(lines.at(-1).data.signed, 'none')
  await page.locator('.rows .badge', { hasText: 'Not signed' }).first().waitFor()

  await security(at)
  await mouse.use(page, button(page, 'Remove Old phone'))
  await page.getByText('You sign in with your password alone.').waitFor()
  assert.equal((await log.next('authn_factor_removed'))[0].data.signed, 'none')
  const fresh = await device(page)
  await addPasskey(at, 'New phone')
  await enrolled(log, 'passkey')
  assert.equal((await fresh.keys()).length, 1)
  await finish(coffer)
})

test('what time does: a number hides, an offer is renewed', async (t) => {
  const coffer = await serve(t, { host: 'localhost' })
  const page = await visit(t, coffer)
  await watchOffers(page)
  const { log } = coffer
  const at = { page, log, hands: mouse }
  const key = await device(page)
  const me = await signUp(at)
  const id = await addCard(at)
  await addPasskey(at, 'Blue key')
  await enrolled(log, 'passkey')

  await page.clock.install()
  await reveal(at, me, id)
  await page.clock.fastForward(21_000)
  await page.getByRole('status').getByText(/^The number is hidden in \d+ seconds\.$/).waitFor()
  await page.clock.fastForward(10_000)
  await page.getByRole('status').getByText('The number is hidden again.').waitFor()
  assert.ok(!(await page.content()).replaceAll(/\s/g, '').includes(secrets.number), 'the number is off the page')
  await mouse.use(page, button(page, 'Show it again'))
  await page.locator('#number').getByText('4242 4242 4242 4242').waitFor()
  isSigned((await log.next(...stepUp, 'sensitive_read')).at(-1), 'sensitive_read', `card:${id}`, me)

  await key.touches(false)
  await signOut(at)
  await offered(page)
  await key.touches(true)
  await page.clock.fastForward(270_000)
  assert.equal(await page.evaluate(() => window.offers), 1, 'the question is still good')
  await page.clock.fastForward(20_000) // the next one is taken up
  await signedIn(at, me)
  await finish(coffer)
})

test('an older browser, which leaves it to the page to turn texts into bytes', async (t) => {
  const coffer = await serve(t, { host: 'localhost' })
  const page = await visit(t, coffer)
  await withoutOffers(page)
  await page.addInitScript(() => {
    delete PublicKeyCredential.parseCreationOptionsFromJSON
    delete PublicKeyCredential.parseRequestOptionsFromJSON
    delete PublicKeyCredential.prototype.toJSON
  })
  const { log } = coffer
  const at = { page, log, hands: mouse }
  await device(page)
  const me = await signUp(at)
  await addPasskey(at, 'Blue key')
  await enrolled(log, 'passkey')
  await signOut(at)
  await mouse.use(page, button(page, 'Sign in with a passkey'))
  await signedIn(at, me)
  await signOut(at)
  await password(at) // and as the second step
  await mouse.use(page, button(page, 'Sign in with a passkey'))
  await heading(page, 'Cards')
  assert.equal((await log.next('authn_login_success', 'session_created'))[0].data.method, 'password+passkey')
  await finish(coffer)
})

test('where no passkey can work there is no button, and a line says why', async (t) => {
  const numbered = await serve(t)
  const named = await serve(t, { host: 'localhost' })
  const plain = await visit(t, numbered)
  const unable = await visit(t, named)
  const noScript = await visit(t, named, { javaScriptEnabled: false })
  await unable.addInitScript(() => delete window.PublicKeyCredential)
  for (const [page, why] of [[plain, 'Passkeys need an address with a name'], [unable, 'Passkeys need JavaScript, HTTPS'], [noScript, 'Passkeys need JavaScript, HTTPS']]) {
    await page.goto('/login')
    await page.getByText(why).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0)
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  }
})

test('a session that ended meanwhile', async (t) => {
  const coffer = await serve(t, { host: 'localhost' })
  const page = await visit(t, coffer)
  const { log } = coffer
  const at = { page, log, hands: mouse }
  await device(page)
  await signUp(at)
  const id = await addCard(at)
  await addPasskey(at, 'Blue key')
  await enrolled(log, 'passkey')
  await page.goto(`/view_credit_card/${id}`)
  await log.next('sensitive_read')
  await page.context().clearCookies({ name: 'coffer' })
  await mouse.use(page, button(page, 'Show number'))
  const way = page.getByRole('status').getByRole('link', { name: 'Sign in' })
  assert.equal(await way.getAttribute('href'), `/login?next=${encodeURIComponent(`/view_credit_card/${id}`)}`)
  await log.next('authz_fail')
  await finish(coffer)
})
