// What a passkey signs (Web Authentication, 6 and 7.2), with WebCrypto.
import { bytesOf, equal, fromBase64url, join, sha256, textOf, toBase64url } from './bytes.js'

const kinds = {
  '-7': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  '-8': { name: 'Ed25519' },
  '-257': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}

const textIn = (value) => (typeof value === 'string' ? value : '')
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

// readKey imports a public key of the log; null if it is of a kind that is not
// checked, or spelt otherwise than it would be written.
export async function readKey(algorithm, text) {
  const [kind, spki] = [typeof algorithm === 'number' && kinds[algorithm], fromBase64url(textIn(text))]
  if (!kind || !spki) return null
  try {
    const key = await crypto.subtle.importKey('spki', spki, kind, true, ['verify'])
    const again = new Uint8Array(await crypto.subtle.exportKey('spki', key))
    const { modulusLength: size, publicExponent } = key.algorithm
    if (size !== undefined && (size < 2048 || size > 8192 || !equal(publicExponent, [1, 0, 1]))) return null
    return equal(again, spki) ? { kind, key } : null
  } catch (e) {
    if (e.name === 'NotSupportedError' && kind.name === 'Ed25519') throw e // a browser that cannot
    return null
  }
}

// fixed turns ECDSA's two numbers out of DER, as passkeys write them, into 64
// bytes, as WebCrypto takes them; null if they are written otherwise.
function fixed(der) {
  const out = new Uint8Array(64)
  let at = 2
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return null
  for (const end of [32, 64]) {
    const size = der[at + 1]
    const number = der.subarray(at + 2, at + 2 + size)
    if (der[at] !== 2 || !(size > 0) || number.length !== size) return null
    if (number[0] > 0x7f || (number[0] === 0 && !(number[1] > 0x7f))) return null // negative, or longer than need be
    const digits = number[0] === 0 ? number.subarray(1) : number
    if (digits.length > 32) return null
    out.set(digits, end - digits.length)
    at += 2 + size
  }
  return at === der.length ? out : null
}

// verifies asks the key.
export async function verifies({ kind, key }, message, signature) {
  const bytes = kind.name === 'ECDSA' ? fixed(signature) : signature
  return bytes !== null && crypto.subtle.verify(kind, key, bytes, message)
}

function readClientData(bytes) {
  try {
    const data = JSON.parse(textOf(bytes))
    return isObject(data) ? data : null
  } catch {
    return null
  }
}

// open takes the member signed apart; null if it is no answer of a passkey.
export async function open(signed) {
  const [client, auth, signature, nonce] = ['client_data', 'authenticator_data', 'signature', 'nonce'].map((n) => fromBase64url(textIn(signed[n])))
  if (!client || !auth || !signature || !nonce || nonce.length < 16 || auth.length < 37) return null
  const data = readClientData(client)
  if (!data) return null
  return {
    ...{ credential: textIn(signed.credential), nonce: signed.nonce, signature, message: join(auth, await sha256(client)) },
    ...{ type: data.type, challenge: data.challenge, origin: textIn(data.origin), cross: data.crossOrigin === true },
    ...{ rpHash: auth.subarray(0, 32), present: (auth[32] & 1) !== 0, verified: (auth[32] & 4) !== 0 },
  }
}

// over says what keeps an answer from being one to the request for this event;
// nothing if it is one.
export async function over(answer, { event, target, person }) {
  const text = `coffer/operation/v1\n${answer.nonce}\n${event}\n${target}\n${person}\n`
  if (answer.type !== 'webauthn.get') return 'moved'
  if (answer.challenge !== toBase64url(await sha256(bytesOf(text)))) return 'moved'
  if (answer.cross) return 'foreign'
  return answer.present && answer.verified ? '' : 'unattended'
}
