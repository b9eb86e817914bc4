// How the pages look and read: axe finds nothing, and the colours stay as chosen.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { administer } from './administer.mjs'
import { audit } from './axe.mjs'
import { closeBrowser, serve, visit } from './kit.mjs'
import { tour } from './tour.mjs'

after(closeBrowser)

test('axe finds nothing on any page, light and dark, at three widths', async (t) => {
  const coffer = await serve(t)
  const page = await visit(t, coffer)
  await tour(page, (name) => t.test(name, () => audit(page, name)))
})

test('nor on any page of administrators and auditors', async (t) => {
  const coffer = await serve(t)
  const page = await visit(t, coffer)
  await administer(page, coffer, (name) => t.test(name, () => audit(page, name)))
})

test('the colours follow the system until they are chosen, and then stay', async (t) => {
  const coffer = await serve(t)
  const page = await visit(t, coffer, { colorScheme: 'dark' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const becomes = (colour) => page.waitForFunction((want) => getComputedStyle(document.body).backgroundColor === want, colour)
  await page.goto('/signup')
  const dark = await ground()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.waitForFunction((was) => getComputedStyle(document.body).backgroundColor !== was, dark)
  await page.goto('/login')
  const light = await ground()
  assert.notEqual(light, dark, 'the page follows the system')
  await page.locator('[data-theme-toggle]').click()
  await becomes(dark)
  await page.goto('/signup')
  assert.equal(await ground(), dark, 'they stay on the next page')
  await page.reload()
  assert.equal(await ground(), dark, 'and after a reload')
  await page.locator('[data-theme-toggle]').click()
  await becomes(light)
})
