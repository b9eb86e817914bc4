// Signed notes (c2sp.org/signed-note), the checkpoint in one
// (c2sp.org/tlog-checkpoint), and what witnesses add (c2sp.org/tlog-cosignature).
import { bytesOf, equal, fromBase64, hex, join, sha256, textOf, whole } from './bytes.js'

const ed25519 = 1
const cosignature = 4
const mldsa = 6

// readKey reads a key as log.pub and policies write it, name+id+base64; null if
// it is none. A key whose id is not its own is none.
export async function readKey(text) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text)
  const raw = found && fromBase64(found[3])
  if (!raw || raw.length < 2) return null
  const [name, id, type] = [found[1], found[2], raw[0]]
  const sum = await sha256(join(bytesOf(name + '\n'), raw))
  if (hex(sum.subarray(0, 4)) !== id) return null
  if (type !== mldsa && raw.length !== 33) return null
  return { name, id, type, text, key: raw.subarray(1) }
}

// readKeys reads a file of keys, one a line; null if one of them is none.
export async function readKeys(text) {
  const keys = []
  for (const line of text.split('\n').map((l) => l.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const key = await readKey(line)
    if (!key) return null
    keys.push(key)
  }
  return keys
}

// readNote takes a note apart: its text and its signatures. Null if it is none.
export function readNote(bytes) {
  const text = textOf(bytes)
  if (text === null || /[\x00-\x09\x0b-\x1f]/.test(text)) return null
  const end = text.lastIndexOf('\n\n')
  if (end < 0 || !text.endsWith('\n')) return null
  const lines = text.slice(end + 2, -1).split('\n')
  const signatures = lines.map(readSignature)
  if (signatures.includes(null) || signatures.length > 100) return null
  return { text: text.slice(0, end + 1), signatures }
}

function readSignature(line) {
  const found = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line)
  const raw = found && fromBase64(found[2])
  if (!raw || raw.length < 5) return null
  return { name: found[1], id: hex(raw.subarray(0, 4)), raw: raw.subarray(4) }
}

// readCheckpoint reads a signed checkpoint without judging who signed it.
export function readCheckpoint(bytes) {
  const note = readNote(bytes)
  const lines = note?.text.split('\n') ?? []
  if (lines.length < 4) return null
  const [origin, size, root] = [lines[0], whole(lines[1]), fromBase64(lines[2])]
  if (!origin || size === null || root?.length !== 32) return null
  return { note, origin, size, root }
}

async function ed25519Fits(key, message, signature) {
  if (signature.length !== 64) return false
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, signature, message)
  } catch (e) {
    if (e.name === 'NotSupportedError') throw e // a browser that cannot is not a signature that does not fit
    return false
  }
}

// cosigned gives when a witness signed, in seconds since 1970, or null.
async function cosigned(key, text, raw) {
  if (raw.length !== 72) return null
  const time = new DataView(raw.buffer, raw.byteOffset).getBigUint64(0)
  const message = bytesOf(`cosignature/v1\ntime ${time}\n${text}`)
  return (await ed25519Fits(key, message, raw.subarray(8))) ? Number(time) : null
}

// claims are the signatures that say they are of this key.
const claims = (note, key) => note.signatures.filter((s) => s.name === key.name && s.id === key.id)

// judge says of each key whether it signed the note: fits, or fails where a
// signature claims the key and is not its; time is a witness's. What no browser
// can check yet says so.
export async function judge(note, keys) {
  const found = []
  for (const key of keys) {
    for (const { raw } of claims(note, key)) {
      if (key.type === mldsa) found.push({ key, unchecked: true })
      else if (key.type === cosignature) {
        const time = await cosigned(key.key, note.text, raw)
        found.push({ key, fits: time !== null, time })
      } else found.push({ key, fits: key.type === ed25519 && (await ed25519Fits(key.key, bytesOf(note.text), raw)) })
    }
  }
  return found
}

// others are the signatures of none of these keys.
export const others = (note, keys) => note.signatures.filter((s) => !keys.some((k) => k.name === s.name && k.id === s.id))

export const sameCheckpoint = (a, b) => a.size === b.size && equal(a.root, b.root)
