// What people sign, in the verifier in JavaScript, against values that other
// programs made: the test vectors of Web Authentication, and operations.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fromBase64url, join, sha256, toBase64url } from '../../internal/web/assets/js/verify/bytes.js'
import { open, over, readKey, verifies } from '../../internal/web/assets/js/verify/passkey.js'
import { People } from '../../internal/web/assets/js/verify/people.js'

const { w3c, own } = JSON.parse(readFileSync(new URL('../../internal/proof/testdata/signed.json', import.meta.url), 'utf8'))

test('the test vectors of Web Authentication', async () => {
  assert.equal(w3c.length, 3)
  for (const v of w3c) {
    const key = await readKey(v.algorithm, v.public_key)
    const [auth, client, signature] = [v.authenticator_data, v.client_data, v.signature].map(fromBase64url)
    const message = join(auth, await sha256(client))
    assert.equal(await verifies(key, message, signature), true, v.name)
    assert.equal(await verifies(key, join(message, Uint8Array.of(0)), signature), false, v.name)
    assert.equal(await verifies(key, message, join(signature, Uint8Array.of(0))), false, v.name)
    assert.equal(await verifies(key, message, signature.subarray(1)), false, v.name)
    assert.equal(await readKey(v.algorithm === -7 ? -8 : -7, v.public_key), null)
  }
})

describe('operations', () => {
  for (const v of own) {
    test(v.name, async () => {
      const answer = await open(v.signed)
      assert.equal(answer.challenge, v.challenge)
      assert.equal(toBase64url(createHash('sha256').update(v.text).digest()), v.challenge)
      const event = { event: v.kind, target: v.target, person: v.person }
      assert.equal(await over(answer, event), '')
      assert.equal(await verifies(await readKey(v.algorithm, v.public_key), answer.message, answer.signature), true)
      for (const member of ['event', 'target', 'person']) assert.equal(await over(answer, { ...event, [member]: 'x' }), 'moved')
    })
  }
  test('that are none', async () => {
    const [{ signed }] = own
    const without = (change) => open({ ...signed, ...change })
    for (const change of [{ nonce: 'AAAA' }, { nonce: undefined }, { client_data: 'bnVsbA' }, { client_data: 'W10' }, { signature: signed.signature + '=' }, { authenticator_data: 'AAAA' }]) {
      assert.equal(await without(change), null, JSON.stringify(change))
    }
    const flagged = async (flags) => {
      const auth = fromBase64url(signed.authenticator_data)
      auth[32] = flags
      return over(await without({ authenticator_data: toBase64url(auth) }), { event: own[0].kind, target: own[0].target, person: own[0].person })
    }
    assert.deepEqual([await flagged(1), await flagged(4), await flagged(5)], ['unattended', 'unattended', ''])
  })
})

test('keys that are not checked', async () => {
  const der = (type, options) => toBase64url(generateKeyPairSync(type, options).publicKey.export({ type: 'spki', format: 'der' }))
  assert.equal(await readKey(-7, der('ec', { namedCurve: 'P-384' })), null)
  assert.equal(await readKey(-257, der('rsa', { modulusLength: 1024 })), null)
  assert.equal(await readKey(-257, der('rsa', { modulusLength: 2048, publicExponent: 3 })), null)
  const good = der('ec', { namedCurve: 'P-256' })
  assert.notEqual(await readKey(-7, good), null)
  for (const [algorithm, text] of [[-35, good], [-8, good], ['-7', good], [-7, good + 'AA'], [-7, good.slice(0, -4)], [-7, ''], [-7, null], [-7, good + '=']]) {
    assert.equal(await readKey(algorithm, text), null)
  }
})

test('a line that is not as Coffer writes lines shows nobody', async () => {
  const people = new People()
  await people.hear(7, 'authn_factor_enrolled', '{"seq":7, "event":"authn_factor_enrolled"}', false)
  assert.equal(people.bad, 1)
  assert.equal(people.misfit.what, 'unreadable')
})
