// Who holds which passkey as a log goes on, and what each of them signed: the
// rules of coffer-verify, written a second time.
import { bytesOf, equal, sha256 } from './bytes.js'
import { unlike } from './form.js'
import { isObject, open, over, readKey, verifies } from './passkey.js'

const [enrolled, removed, erased] = ['authn_factor_enrolled', 'authn_factor_removed', 'user_erased']
const further = ['authn_password_change', 'user_exported', erased]

const counts = (event, text) => (event === 'sensitive_read' ? text.includes(',"part":"number"') : event === enrolled || event === removed)
const textIn = (value) => (typeof value === 'string' ? value : '')
const keyOf = (...parts) => JSON.stringify(parts)

// tell reads a line whole; null if it is not as Coffer writes lines.
function tell(text) {
  let line
  try {
    line = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(line) || !isObject(line.data) || unlike(text)) return null
  return { event: textIn(line.event), person: textIn(line.subject), target: textIn(line.data.target), data: line.data }
}

// subjectOf finds whom a line is about, without reading it whole.
function subjectOf(text) {
  const raw = /,"subject":"([^"]*)"/.exec(text)?.[1]
  return raw?.includes('\\') ? tell(text)?.person : raw
}

// People counts: signatures that fit, of how many numbers shown and factor
// changes; those of others; those that do not fit, that nothing can check, and
// events without one though a passkey was held.
export class People {
  count = 0
  of = 0
  others = 0
  bad = 0
  unchecked = 0
  stripped = 0
  misfit = null // the first
  #passkeys = new Map() // by person and credential
  #targets = new Map() // of passkeys: by person and target
  #held = new Map() // by person: the passkeys that were not removed
  #nonces = new Set()

  // hear takes in a line; partly says that lines before it are not here.
  async hear(seq, event, text, partly) {
    const counted = counts(event, text)
    const carries = text.includes('"signed":{"credential":"')
    if (counted) this.of++
    if (!counted && !further.includes(event) && !carries) return
    const whole = carries || [enrolled, removed, erased].includes(event)
    const told = whole && tell(text)
    if (whole && !told) this.#fails(seq, 'unreadable')
    else if (whole && isObject(told.data.signed)) await this.#claim(seq, told, counted, partly)
    else if (this.#held.get(subjectOf(text))?.size) this.stripped++
    if (told) await this.#learn(told)
  }

  #fails(seq, what) {
    this.bad++
    this.misfit ??= { what, why: `the signature that line ${seq} carries is ${what}` }
  }

  async #claim(seq, told, counted, partly) {
    const answer = await open(told.data.signed)
    const wrong = answer ? await over(answer, told) : 'unreadable'
    if (wrong) return this.#fails(seq, wrong)
    if (this.#nonces.has(answer.nonce)) return this.#fails(seq, 'replayed')
    this.#nonces.add(answer.nonce)
    const passkey = this.#passkeys.get(keyOf(told.person, answer.credential))
    if (!passkey && partly) return this.unchecked++
    if (!passkey) return this.#fails(seq, 'unenrolled')
    if (!this.#held.get(told.person)?.has(passkey)) return this.#fails(seq, 'outlived')
    if (!passkey.key) return this.unchecked++
    if (answer.origin !== passkey.origin || !equal(answer.rpHash, passkey.rpHash)) return this.#fails(seq, 'foreign')
    if (!(await verifies(passkey.key, answer.message, answer.signature))) return this.#fails(seq, 'forged')
    return counted ? this.count++ : this.others++
  }

  async #learn({ event, person, target, data }) {
    const held = this.#held.get(person) ?? new Set()
    if (event === erased) held.clear()
    if (event === removed) held.delete(this.#passkeys.get(this.#targets.get(keyOf(person, target))))
    if (event !== enrolled || !String(data.target).startsWith('passkey:')) return
    const id = keyOf(person, textIn(data.credential))
    const passkey = { key: await readKey(data.algorithm, data.public_key), origin: textIn(data.origin), rpHash: await sha256(bytesOf(textIn(data.rp))) }
    held.delete(this.#passkeys.get(id))
    this.#passkeys.set(id, passkey)
    this.#targets.set(keyOf(person, target), id)
    this.#held.set(person, held.add(passkey))
  }
}
