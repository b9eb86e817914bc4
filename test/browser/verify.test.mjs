// A line of the log, proved where it is read: the browser recomputes what the
// server claims, and does not take its word for it.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { closeBrowser, finish, secrets, serve, visit } from './kit.mjs'

after(closeBrowser)

async function signUp(page, log, name) {
  await page.goto('/signup')
  await page.fill('[name="username"]', name)
  await page.fill('[name="password"]', secrets.password)
  await page.click('main form button:not([type])')
  await page.waitForURL((u) => u.pathname === '/')
  await log.next('user_created', 'session_created')
}

// openLine goes from the activity to its newest line.
async function openLine(page) {
  await page.goto('/activity')
  await page.locator('.rows a.seq').first().click()
  await page.waitForURL('**/activity/*')
}

const press = (page) => page.getByRole('button', { name: 'Verify in this browser' }).click()
const steps = (page) => page.locator('.steps li').evaluateAll((all) => all.map((li) => li.className))

// changed serves the proof file with one of its lines changed.
async function changed(page, change) {
  await page.route('**/*.tlog-proof', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, body: change(await answer.text()) })
  })
}

const flip = (text) => text.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))
const line = (n, change) => (file) => file.split('\n').map((l, i) => (i === n ? change(l) : l)).join('\n')

describe('a line of one’s own', () => {
  test('verifies, step by step', async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer)
    await signUp(page, coffer.log, 'edith.clarke')
    await openLine(page)
    await press(page)
    await page.locator('.note.good').waitFor()
    assert.deepEqual(await steps(page), ['held', 'held', 'held'])
    const told = await page.locator('[data-result]').innerText()
    assert.match(told, /^Verified in this browser, in \d+ ms\. This line is number 6 of the \d+ that were signed by the key that came with this page, unchanged\.$/)
    assert.equal(await page.locator('.climb .other').count(), await page.locator('.climb tbody tr').count() - 1)
    assert.equal((await page.locator('#line').innerText()).replaceAll('\n', ''), await page.evaluate(async () => {
      const file = await (await fetch(document.querySelector('[data-proof]').dataset.proof)).text()
      return atob(/^extra (.*)$/m.exec(file)[1])
    }), 'the page shows the line that is proved')
    await coffer.log.next()
    await finish(coffer)
  })

  test('does not, once anything was changed', async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer)
    await signUp(page, coffer.log, 'ida.rhodes')
    await openLine(page)
    const swapped = (file) => file.replace(/^extra (.*)$/m, (_, text) => `extra ${btoa(atob(text).replace('session_created', 'session_deleted'))}`)
    for (const [change, want] of [
      [swapped, ['failed', 'failed', 'held']],
      [line(3, (l) => `A${l.slice(1)}` === l ? `B${l.slice(1)}` : `A${l.slice(1)}`), ['held', 'failed', 'held']],
      [(f) => f.replace(/^(index )(\d+)$/m, (_, word, n) => word + (n - 1)), ['held', 'failed', 'held']],
      [(f) => f.replace(/(— \S+ .{20})(.)/, (_, a, b) => a + (b === 'A' ? 'B' : 'A')), ['held', 'held', 'failed']],
      [(f) => f.replace(/^c2sp.*$/m, flip), ['failed']],
    ]) {
      await page.unrouteAll()
      await changed(page, change)
      await press(page)
      await page.locator('.note.bad').waitFor()
      assert.deepEqual(await steps(page), want, String(change))
      assert.match(await page.locator('[data-result]').innerText(), /^This did not verify\./)
      await page.evaluate(() => document.querySelector('[data-result]').replaceChildren())
    }
    await finish(coffer)
  })

  test('with a key from elsewhere', async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer)
    await signUp(page, coffer.log, 'mary.tsingou')
    await openLine(page)
    const key = (await page.locator('[data-proof]').getAttribute('data-keys')).trim()
    await page.getByText('Use a key that you keep').click()
    for (const [given, result] of [[key, 'good'], ['example.com+f5e8b7a0+AYEtZrFbuGx2rrrvOY9yl1dlKOSTAkPIZcJRi4fkpXDE', 'bad'], ['no key', 'bad']]) {
      await page.fill('[data-own-key]', given)
      await press(page)
      await page.locator(`.note.${result}`).waitFor()
    }
    assert.match(await page.locator('.steps li.failed').innerText(), /No key given has signed the checkpoint/)
    await finish(coffer)
  })

  test('its proof file is there without script, and a line says why there is no button', async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer, { javaScriptEnabled: false })
    await signUp(page, coffer.log, 'klara.von.neumann')
    await openLine(page)
    assert.equal(await page.getByRole('button', { name: 'Verify' }).count(), 0)
    assert.match(await page.locator('.proof .why').first().innerText(), /needs JavaScript.*coffer-verify proof/)
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download proof' }).click()])
    assert.equal(download.suggestedFilename(), 'line-6.tlog-proof')
    await finish(coffer)
  })

  test('without WebCrypto, as on plain HTTP of another machine, a line says so', async (t) => {
    const coffer = await serve(t)
    const page = await visit(t, coffer)
    await page.addInitScript(() => Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined }))
    await signUp(page, coffer.log, 'jean.bartik')
    await openLine(page)
    assert.equal(await page.getByRole('button', { name: 'Verify' }).count(), 0)
    assert.match(await page.locator('[data-why]').innerText(), /^Browsers compute hashes and signatures on HTTPS and on localhost only\./)
    await finish(coffer)
  })
})
