// Bytes and their spellings. What is spelt otherwise than it would be written
// is refused, so that two texts never mean the same.
const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const bytesOf = (text) => encoder.encode(text)

// textOf reads UTF-8; what is none gives null.
export function textOf(bytes) {
  try {
    return strict.decode(bytes)
  } catch {
    return null
  }
}

export function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

// fromBase64 reads standard base64 with its padding, and null otherwise.
export function fromBase64(text) {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
    return toBase64(bytes) === text ? bytes : null
  } catch {
    return null
  }
}

// toBase64 goes in steps, since a call takes only so many arguments.
export function toBase64(bytes) {
  let text = ''
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096))
  return btoa(text)
}

// fromBase64url reads the spelling of WebAuthn, which has no padding.
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4))
}

export const toBase64url = (bytes) => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')

// whole reads a number as it is written: no sign, no leading zero. Beyond 2^53
// this language cannot count, and no log is so long.
export function whole(text) {
  const n = Number(text)
  return /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(n) ? n : null
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}
