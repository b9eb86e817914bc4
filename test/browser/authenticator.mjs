// What proves a person beside the password, as a test has it: a passkey that
// Chromium plays (WebAuthn by the DevTools protocol), and the codes of an
// authenticator app (RFC 6238).
import { createHmac } from 'node:crypto'

// device gives the page an authenticator that always has its person at hand.
export async function device(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true }
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options })
  const send = (method, rest) => cdp.send(`WebAuthn.${method}`, { authenticatorId, ...rest })
  return {
    // touches is whether its person is at hand; verifies, whether it knows them.
    touches: (enabled) => send('setAutomaticPresenceSimulation', { enabled }),
    verifies: (isUserVerified) => send('setUserVerified', { isUserVerified }),
    // lose takes it away, keys and all.
    lose: () => send('removeVirtualAuthenticator'),
    keys: async () => (await send('getCredentials')).credentials,
  }
}

// without makes a browser that offers no passkeys in fields: whatever signs in
// there was asked to by a button.
export const withoutOffers = (page) => page.addInitScript(() => {
  PublicKeyCredential.isConditionalMediationAvailable = async () => false
})

// watchOffers has the page count the passkeys that it offers in fields, and
// offered waits until there is one.
export const watchOffers = (page) => page.addInitScript(() => {
  const get = navigator.credentials.get.bind(navigator.credentials)
  window.offers = 0
  navigator.credentials.get = (options) => {
    const answer = get(options)
    if (options.mediation === 'conditional') window.offers++
    return answer
  }
})

export const offered = (page, times = 1) => page.waitForFunction((want) => window.offers === want, times)

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function bytes(secret) {
  const bits = [...secret.replaceAll(' ', '')].map((sign) => letters.indexOf(sign).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
}

// code is what an app shows, steps of half a minute from now. The next one is
// taken already, so that a test needs no waiting.
export function code(secret, steps = 0) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const sum = createHmac('sha1', bytes(secret)).update(counter).digest()
  const at = sum[19] & 15
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
