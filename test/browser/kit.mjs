// What every browser test stands on: a Coffer of its own, its security log,
// and a page that remembers everything the browser complained about.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { SecurityLog } from './log.mjs'

const binary = fileURLToPath(new URL('../../bin/coffer', import.meta.url))

// Nobody's password and nobody's card, made to be searched for afterwards.
export const secrets = {
  password: 'quiet harbour 7 lantern',
  next: 'pewter kettle 9 orchard',
  number: '4242424242424242',
  other: '5555555555554444',
}

// A month that is two years away, as a card has it.
export const expiry = (() => {
  const now = new Date()
  return `${String(now.getUTCMonth() + 1).padStart(2, '0')}/${String((now.getUTCFullYear() + 2) % 100).padStart(2, '0')}`
})()

function runnable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function browserPath() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const named = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((f) => join(f, name)))
  const apps = ['Chromium', 'Google Chrome'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`)
  const found = [process.env.CHROMIUM, ...named, ...apps].find((path) => path && runnable(path))
  assert.ok(found, 'a Chromium is needed: make test installs it, or set CHROMIUM')
  return found
}

let browser

// launch starts one browser for the file's tests. Its own sandbox refuses to run as root.
async function launch() {
  browser ??= await chromium.launch({
    executablePath: browserPath(),
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  return browser
}

export async function closeBrowser() {
  await browser?.close()
  browser = undefined
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

async function answers(url, child, said) {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    assert.equal(child.exitCode, null, `coffer ended at once: ${said()}`)
    const ok = await fetch(url).then((r) => r.ok, () => false)
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 20)) // a port that nobody listens on gives no signal
  }
  assert.fail(`coffer does not answer at ${url}: ${said()}`)
}

// serve starts a Coffer on a free port and a new directory, and ends it with
// the test: cleanly, its log whole, and no secret in any file it leaves. Passkeys
// need a host that has a name.
export async function serve(t, { env = {}, shell = '', firstLines = true, host = '127.0.0.1' } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'coffer-'))
  const port = await freePort()
  const url = `http://${host}:${port}`
  const own = { COFFER_LISTEN: `127.0.0.1:${port}`, COFFER_URL: url, COFFER_DATA: data, COFFER_DATABASE: '', COFFER_LOG_STDOUT: '' }
  const [command, args] = shell ? ['/bin/sh', ['-c', `${shell}; exec "$0" serve`, binary]] : [binary, ['serve']]
  const child = spawn(command, args, { env: { ...process.env, ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const log = new SecurityLog(join(data, 'security.log'))
  const stop = async () => {
    child.kill('SIGTERM')
    return ended
  }
  t.after(async () => {
    await stop()
    await rm(data, { recursive: true })
  })
  await answers(url + '/healthz', child, () => said)
  if (firstLines) await log.next('log_opened', 'crypt_key_created', 'crypt_key_created', 'crypt_key_created', 'sys_startup')
  return { url, data, log, stop, said: () => said }
}

// finish stops a Coffer and looks at what is left of it.
export async function finish(coffer) {
  assert.equal(await coffer.stop(), 0, `coffer serve ends with 0: ${coffer.said()}`)
  await coffer.log.next('sys_shutdown')
  for (const entry of await readdir(coffer.data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath ?? entry.path, entry.name)
    const text = await readFile(file, 'latin1')
    for (const [name, secret] of Object.entries(secrets)) assert.ok(!text.includes(secret), `${name} stands in ${file}`)
  }
  for (const [name, secret] of Object.entries(secrets)) assert.ok(!coffer.said().includes(secret), `${name} was printed`)
}

// visit opens a page in a browser profile of its own. When the test ends, the
// browser must not have complained: no console error, no policy violation.
export async function visit(t, coffer, options = {}) {
  const context = await (await launch()).newContext({ baseURL: coffer.url, viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const complaints = []
  const documents = new Set()
  const sent = (request) => request.isNavigationRequest() || request.method() === 'POST'
  page.on('response', (r) => sent(r.request()) && documents.add(r.url()))
  page.on('pageerror', (e) => complaints.push(`error: ${e.message}`))
  page.on('console', (m) => {
    // That a refused form answers 422 is what was asked for; that a style sheet does is not.
    const expected = m.text().startsWith('Failed to load resource') && documents.has(m.location().url)
    if (['error', 'warning'].includes(m.type()) && !expected) complaints.push(`${m.type()}: ${m.text()}`)
  })
  t.after(async () => {
    await context.close()
    assert.deepEqual(complaints, [], 'what the browser complained about')
  })
  return page
}
