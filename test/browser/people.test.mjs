// Looking after people, as an administrator does who came by a link: by mouse,
// by keyboard alone, and without JavaScript.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { command } from './administer.mjs'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'
import { keyboard, mouse } from './hands.mjs'

after(closeBrowser)

const button = (page, name) => page.getByRole('button', { name, exact: true })
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor()

// comeIn follows a link to a password, and signs in with it.
async function comeIn({ page, log, hands }, link, name) {
  await page.goto(link)
  await heading(page, 'Set your password')
  await hands.type(page, 'new_password', secrets.password)
  await hands.use(page, button(page, 'Set the password'))
  await heading(page, 'Sign in')
  const [set] = await log.next('user_updated', 'authn_password_change')
  assert.deepEqual([set.actor, set.data.change, set.request_uri], ['', 'reset_used', '/reset/{token}'])
  await hands.type(page, 'username', name)
  await hands.type(page, 'password', secrets.password)
  await hands.use(page, button(page, 'Sign in'))
}

async function checklist({ page, log, hands }) {
  await heading(page, 'Before others rely on it')
  const [signed] = await log.next('authn_login_success', 'session_created')
  await hands.use(page, button(page, 'I have backed them up'))
  await page.getByText('Three things are left').waitFor()
  const [said] = await log.next('sys_config_changed')
  assert.deepEqual([said.actor, said.data.target], [signed.actor, 'setting:keys-backed-up'])
  return signed.actor
}

async function people({ page, log, hands }, me, her) {
  await hands.use(page, page.getByRole('link', { name: 'People', exact: true }).first())
  await heading(page, 'People')
  await hands.type(page, 'q', 'HOPPER')
  await hands.use(page, button(page, 'Search'))
  await hands.use(page, page.getByRole('link', { name: 'grace.hopper' }))
  await heading(page, 'grace.hopper')
  await page.getByLabel('New role').selectOption('auditor')
  await hands.use(page, button(page, 'Change role'))
  await page.getByText('Role changed from holder to auditor').waitFor()
  const [given] = await log.next('authz_change')
  assert.deepEqual([given.actor, given.subject, given.data.to], [me, her, 'auditor'])
  await hands.use(page, button(page, 'Disable grace.hopper'))
  await button(page, 'Enable grace.hopper').waitFor()
  const [gone] = await log.next('user_archived')
  assert.deepEqual([gone.actor, gone.subject], [me, her])
  await hands.use(page, button(page, 'Enable grace.hopper'))
  await button(page, 'Make a link').waitFor()
  await log.next('user_updated')
  await hands.use(page, button(page, 'Make a link'))
  const link = await page.locator('#link').textContent()
  await log.next('user_updated')
  return link
}

async function look(t, hands, options = {}) {
  const coffer = await serve(t)
  const { log } = coffer
  const admin = await command(coffer, 'user', 'add', 'mary.jackson', '--role', 'admin')
  await log.next('user_created', 'user_updated')
  const old = await command(coffer, 'user', 'add', 'grace.hopper')
  const [made] = await log.next('user_created', 'user_updated')
  const page = await visit(t, coffer, options)
  const at = { page, log, hands }
  await comeIn(at, admin, 'mary.jackson')
  const me = await checklist(at)
  const link = await people(at, me, made.subject)
  await hands.use(page, button(page, 'Sign out'))
  await heading(page, 'Sign in')
  await log.next('session_logout')
  await page.goto(old)
  await heading(page, 'There is no such page')
  const [over] = await log.next('authn_password_change_fail')
  assert.deepEqual([over.reason, over.subject], ['link_expired', made.subject])
  await comeIn(at, link, 'grace.hopper')
  await heading(page, 'You read the log')
  await log.next('authn_login_success', 'session_created')
  assert.equal(await page.getByRole('link', { name: 'People', exact: true }).count(), 0, 'an auditor is led to no people')
  await finish(coffer)
}

for (const hands of [mouse, keyboard]) test(`people are looked after by ${hands.name}`, (t) => look(t, hands))
test('people are looked after without JavaScript', (t) => look(t, mouse, { javaScriptEnabled: false }))
