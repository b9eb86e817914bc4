// What the content policy stops on a page, the browser reports by itself; the
// report is a line of the log.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeBrowser, finish, serve, visit } from './kit.mjs'

after(closeBrowser)

test('a script that was smuggled into a page', async (t) => {
  const coffer = await serve(t)
  const page = await (await visit(t, coffer)).context().newPage() // where the browser may complain
  await page.goto('/login?next=/activity')
  const ran = await page.evaluate(() => {
    const script = Object.assign(document.createElement('script'), { textContent: 'window.smuggled = "a-secret-sample"' })
    document.body.append(script)
    return 'smuggled' in window
  })
  assert.equal(ran, false, 'the script does not run')
  const [line] = await coffer.log.next('malicious_csp_violation')
  assert.deepEqual(line.data, { target: 'route:/login', directive: 'script-src-elem', blocked: 'inline', line: line.data.line })
  assert.equal(line.actor, '')
  assert.ok(!JSON.stringify(line).includes('a-secret-sample'), 'no sample of the text is kept')
  await finish(coffer)
})
