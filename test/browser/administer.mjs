// The pages of those who look after people and of auditors, one after another,
// for whoever wants to look at each.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { secrets } from './kit.mjs'

const binary = fileURLToPath(new URL('../../bin/coffer', import.meta.url))

// command runs coffer on the data of a running one and gives its standard output.
export async function command(coffer, ...args) {
  const { stdout } = await promisify(execFile)(binary, [...args, '--data', coffer.data])
  return stdout.trim()
}

export const send = (page, button) => Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: button }).click()])

// arrive sets a password by a link and signs in with it.
export async function arrive(page, link, name, password) {
  await page.goto(link)
  await page.fill('[name="new_password"]', password)
  await send(page, 'Set the password')
  await page.waitForURL('**/login')
  await page.fill('[name="username"]', name)
  await page.fill('[name="password"]', password)
  await Promise.all([page.waitForURL((u) => u.pathname === '/'), page.click('main form button:not([type])')])
}

// administer calls look with each page's name while the page stands there.
export async function administer(page, coffer, look) {
  await page.goto('/')
  if (await page.getByRole('button', { name: 'Sign out' }).isVisible()) await send(page, 'Sign out')
  const names = ['grace.hopper', 'ada', 'dorothy.vaughan', 'a-name-as-long-as-a-name-may-be-here-and-not-one-letter-longer']
  for (const name of names) await command(coffer, 'user', 'add', name)
  await command(coffer, 'user', 'disable', 'ada')
  const link = await command(coffer, 'user', 'add', 'mary.jackson', '--role', 'admin')
  await page.goto(link)
  await look('reset')
  await page.fill('[name="new_password"]', 'short')
  await send(page, 'Set the password')
  await look('reset-faults')
  await arrive(page, link, 'mary.jackson', secrets.password)
  await look('checklist')
  await send(page, 'I have backed them up')
  await look('checklist-begun')
  await page.goto('/people')
  await look('people')
  await page.goto('/people?q=zz')
  await look('people-none')
  await page.goto('/people')
  await page.getByRole('link', { name: 'grace.hopper' }).click()
  await look('person')
  await page.selectOption('#role', 'auditor')
  await send(page, 'Change role')
  await send(page, 'Make a link')
  const second = await page.locator('#link').textContent()
  await look('person-link')
  await page.goto('/people')
  await page.getByRole('link', { name: 'ada', exact: true }).click()
  await look('person-disabled')
  await page.goto('/people')
  await page.locator('table').getByRole('link', { name: 'mary.jackson' }).click()
  await look('person-own')
  await send(page, 'Sign out')
  await page.goto(link)
  await look('reset-over')
  await arrive(page, second, 'grace.hopper', secrets.next)
  await look('auditor')
}
