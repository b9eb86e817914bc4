// What a page and a passkey say to each other by way of the browser (WebAuthn
// Level 3), and what a page asks of the server for that.

// able says whether this browser takes passkeys here at all: only where it
// knows them and nobody on the way can change the page.
export const able = () => Boolean(globalThis.isSecureContext && globalThis.PublicKeyCredential && navigator.credentials)

// Refusal is an answer of the server that says no, or none at all. It may name
// the page where the step that is missing can be made.
export class Refusal extends Error {
  constructor({ detail, confirm, next }, to = '') {
    super(detail || 'Coffer did not answer as expected. Nothing was changed.')
    this.to = confirm || next || to
  }
}

// over is the way back in, where the session came to its end meanwhile.
const over = (path, status) => (status === 401 && /^\/(confirm|settings)\/.*\/begin$/.test(path) ? `/login?next=${encodeURIComponent(location.pathname)}` : '')

// ask posts JSON and gives the JSON that came back.
export async function ask(path, body = {}) {
  const request = { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' }, cache: 'no-store' }
  const answer = await fetch(path, request).catch(() => {
    throw new Refusal({ detail: 'Coffer could not be reached. Nothing was changed. Try again in a moment.' })
  })
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Refusal(said, over(path, answer.status))
  return said
}

const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0))
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const known = (list) => list?.map((key) => ({ ...key, id: decode(key.id) }))

// Options come as JSON. Browsers of before 2025 leave it to the page to turn
// its texts into bytes.
function requestFrom(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return { ...options, challenge: decode(options.challenge), allowCredentials: known(options.allowCredentials) }
}

function creationFrom(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const user = { ...options.user, id: decode(options.user.id) }
  return { ...options, user, challenge: decode(options.challenge), excludeCredentials: known(options.excludeCredentials) }
}

// plain is an answer as JSON. Some password managers give objects on which the
// browser's own toJSON fails.
function plain(credential) {
  try {
    if (credential.toJSON) return credential.toJSON()
  } catch {
    // then by hand
  }
  const response = {}
  for (const part of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[part]) response[part] = encode(credential.response[part])
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports()
  return { id: credential.id, rawId: encode(credential.rawId), type: credential.type, response, clientExtensionResults: credential.getClientExtensionResults() }
}

// A browser asks one passkey at a time: a new question ends the one before it.
let running = new AbortController()

export function stop() {
  running.abort()
  running = new AbortController()
  return running.signal
}

// sign has a passkey answer; with the mediation "conditional" it does so only
// once its person picks it from what the browser offers in a field.
export async function sign({ publicKey }, mediation) {
  const signal = stop()
  return plain(await navigator.credentials.get({ publicKey: requestFrom(publicKey), signal, ...(mediation && { mediation }) }))
}

// make has a new passkey made.
export async function make({ publicKey }) {
  const signal = stop()
  return plain(await navigator.credentials.create({ publicKey: creationFrom(publicKey), signal }))
}

// words are what went wrong, for the person.
export function words(error) {
  if (error instanceof Refusal) return error.message
  switch (error.name) {
    case 'NotAllowedError': return 'No passkey answered, or you stopped it. Nothing was changed.'
    case 'InvalidStateError': return 'This device has a passkey of yours already. Nothing was changed.'
    case 'SecurityError': return 'Your browser refuses passkeys at this address. Nothing was changed.'
    default: return 'Your browser could not use a passkey. Nothing was changed.'
  }
}
