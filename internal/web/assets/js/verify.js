// Verifies one line of the log in the browser: it fetches the proof file,
// recomputes what the file claims, and shows each step with what it found.
import { bytesOf, hex } from './verify/bytes.js'
import { proveLine } from './verify/line.js'
import { readKeys } from './verify/note.js'
import { drawClimb } from './climb.js'

const short = (value) => (value.length > 12 ? `${value.slice(0, 4)}…${value.slice(-4)}` : value)
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`

function element(tag, className, ...inside) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...inside)
  return made
}

const words = {
  file: () => 'The proof file cannot be read',
  leaf: (s) => (s.ok ? `The ${count(s.bytes, 'byte', 'bytes')} of the line hash to the leaf` : 'The line on this page is not the one that is proved'),
  path: (s) => (s.ok ? `${count(s.hashes, 'hash leads', 'hashes lead')} to the signed root` : 'The hashes do not lead to the signed root'),
  signature: (s) => (s.ok ? 'The checkpoint is signed by the log’s key' : s.value ? 'The signature is not of the log’s key' : 'No key given has signed the checkpoint'),
}

// row is a step: a mark that is read out, a sentence, the value in full on request.
function row(mark, said, sentence, value = '') {
  const sign = element('span', 'mark', mark)
  sign.setAttribute('aria-hidden', 'true')
  const item = element('li', said, sign, element('span', '', element('span', 'visually-hidden', { held: 'Held: ', failed: 'Failed: ', left: 'Not checked: ' }[said]), sentence))
  if (value) {
    const code = element('code', '', short(value))
    code.title = value
    item.append(code)
  }
  return item
}

function note(good, strong, text) {
  return element('p', good ? 'note good' : 'note bad', element('span', '', element('b', '', strong), ` ${text}`))
}

// rows are all steps: what held, what failed, and what no browser checks.
function rows(found) {
  const list = found.steps.map((s) => row(s.ok ? '✓' : '✗', s.ok ? 'held' : 'failed', words[s.what](s), s.value))
  const unknown = found.unchecked?.length ?? 0
  if (unknown) list.push(row('–', 'left', `${count(unknown, 'further signature', 'further signatures')}, by witnesses: coffer-verify with a policy can check them`))
  return list
}

async function keysFor(panel) {
  const own = panel.querySelector('[data-own-key]').value.trim()
  const keys = await readKeys(own || panel.dataset.keys)
  return { own: own !== '', keys: keys ?? [] }
}

async function verify(panel) {
  const began = performance.now()
  const { own, keys } = await keysFor(panel)
  const answer = await fetch(panel.dataset.proof, { cache: 'no-store' })
  if (!answer.ok) throw new Error(answer.status === 503 ? 'The signature is not there yet. Try again in a second.' : `The proof file was not given (${answer.status}).`)
  const shown = bytesOf(document.getElementById('line').textContent)
  const found = await proveLine(new Uint8Array(await answer.arrayBuffer()), keys, shown)
  const took = Math.max(1, Math.round(performance.now() - began))
  return { ...found, own, took, good: found.steps.every((s) => s.ok) }
}

function verdict(found) {
  if (!found.good) return note(false, 'This did not verify.', 'Keep the proof file and this page, and show them to somebody whom you trust with it.')
  const whose = found.own ? 'by the key that you gave' : 'by the key that came with this page'
  return note(true, `Verified in this browser, in ${found.took} ms.`, `This line is number ${found.proof.index} of the ${found.checkpoint.size} that were signed ${whose}, unchanged.`)
}

function show(panel, found) {
  const list = panel.querySelector('[data-steps]')
  const climb = panel.querySelector('[data-climb]')
  panel.querySelector('[data-result]').replaceChildren(verdict(found))
  list.replaceChildren(...rows(found))
  list.hidden = false
  climb.hidden = !(found.nodes && found.path.length)
  if (!climb.hidden) drawClimb(climb, { ...found, nodes: found.nodes.map(hex), hashes: found.proof.hashes.map(hex) })
}

// why says in a line that this browser cannot do it here.
function why(panel, text) {
  const line = panel.querySelector('[data-why]')
  line.textContent = `${text} The proof file can be judged by coffer-verify, without a browser.`
  line.hidden = false
  for (const part of panel.querySelectorAll('[data-verify], .own')) part.remove()
}

function start(panel) {
  if (!globalThis.crypto?.subtle) return why(panel, 'Browsers compute hashes and signatures on HTTPS and on localhost only.')
  const button = panel.querySelector('[data-verify]')
  button.addEventListener('click', async () => {
    button.disabled = true
    try {
      show(panel, await verify(panel))
    } catch (e) {
      if (e.name === 'NotSupportedError') why(panel, 'This browser cannot check Ed25519 signatures.')
      else panel.querySelector('[data-result]').replaceChildren(note(false, 'Not verified.', e.message))
    } finally {
      button.disabled = false
    }
  })
  return undefined
}

const panel = document.querySelector('[data-proof]')
if (panel) start(panel)
