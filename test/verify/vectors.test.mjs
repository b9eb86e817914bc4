// The parts of the verifier in JavaScript against values that are not its own:
// those of the standards and of other programs.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { bytesOf, fromBase64, hex, join, whole } from '../../internal/web/assets/js/verify/bytes.js'
import { unlike } from '../../internal/web/assets/js/verify/form.js'
import { judge, readCheckpoint, readKey, readKeys, readNote } from '../../internal/web/assets/js/verify/note.js'
import { readProof } from '../../internal/web/assets/js/verify/prooffile.js'
import { climbed, emptyRoot, included, leafHash, path, peaks, Tree } from '../../internal/web/assets/js/verify/tree.js'

const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16))

// Leaves and roots that implementations of RFC 6962 test themselves with.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(fromHex)
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

async function treeOf(lines) {
  const tree = new Tree()
  for (const [i, line] of lines.entries()) tree.set(0, i, await leafHash(line))
  return tree
}

describe('the tree', () => {
  test('has the roots of RFC 6962', async () => {
    const tree = await treeOf(leaves)
    for (const [size, root] of roots.entries()) assert.equal(hex(await tree.root(size)), root, `of ${size} lines`)
    assert.equal(hex(await emptyRoot()), roots[0])
    assert.equal(await tree.root(9), null, 'what is not known is not made up')
  })

  test('proves every line at every size, and nothing else', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => bytesOf(`line ${i}`))
    const tree = await treeOf(lines)
    for (let size = 1; size <= lines.length; size++) {
      const root = await tree.root(size)
      for (let index = 0; index < size; index++) {
        // The sibling of each step is the subtree over the lines that path says it stands for.
        const hashes = await Promise.all(path(index, size).map(async ({ from, to }) => (await treeOf(lines.slice(from, to))).root(to - from)))
        const leaf = await leafHash(lines[index])
        assert.ok(await included(leaf, index, size, hashes, root), `line ${index} of ${size}`)
        assert.ok(!(await included(leaf, (index + 1) % size, size, hashes, root)) || size === 1, 'at another place')
        assert.equal(await climbed(leaf, index, size, [...hashes, leaf]), null, 'with a hash too many')
        if (size > 1) assert.equal(await climbed(leaf, index, size, hashes.slice(1)), null, 'with a hash too few')
      }
      assert.equal(await climbed(root, size, size, []), null, 'a line beyond the end')
    }
  })

  test('counts beyond 32 bits', () => {
    assert.deepEqual(peaks(2 ** 40 + 1), [{ level: 40, index: 0 }, { level: 0, index: 2 ** 40 }])
    assert.equal(path(2 ** 35, 2 ** 36).length, 36)
    assert.deepEqual(path(2 ** 40, 2 ** 40 + 1), [{ side: 'left', from: 0, to: 2 ** 40 }])
  })
})

// The example of the documentation of golang.org/x/mod/sumdb/note.
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const quote = 'If you think cryptography is the answer to your problem,\nthen you don\'t know what your problem is.\n'
const signed = `${quote}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`

describe('notes', () => {
  test('the example verifies, and no change of it', async () => {
    const key = await readKey(peter)
    const note = readNote(bytesOf(signed))
    assert.equal(note.text, quote)
    assert.deepEqual((await judge(note, [key])).map((f) => f.fits), [true])
    assert.deepEqual((await judge({ ...note, text: quote.replace('answer', 'Answer') }, [key])).map((f) => f.fits), [false])
    const other = { ...key, id: 'c74f20a4' }
    assert.deepEqual(await judge(note, [other]), [], 'a signature of another key is none of this one')
  })

  test('keys that are none', async () => {
    for (const text of ['', 'x', peter.slice(1), peter.replace('c74f20a3', 'c74f20a4'), peter.slice(0, -1), `${peter}A`, peter.replace('ARpc', 'AQpc')]) {
      assert.equal(await readKey(text), null, text)
    }
    assert.equal((await readKeys(`# a comment\n\n${peter}\n  ${peter}\n`)).length, 2)
    assert.equal(await readKeys(`${peter}\nnonsense\n`), null)
  })

  test('notes and checkpoints that are none', () => {
    for (const text of ['', quote, signed.slice(0, -1), signed.replaceAll('\n', '\r\n'), signed.replace('— ', '- '), signed.replace('x08g', 'x08=')]) {
      assert.equal(readNote(bytesOf(text)), null, JSON.stringify(text))
    }
    assert.equal(readNote(Uint8Array.of(0xff, 10, 10)), null)
    const root = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
    const of = (body) => readCheckpoint(bytesOf(`${body}\n${signed.slice(signed.indexOf('—'))}`))
    assert.equal(of(`o\n42\n${root}\n`).size, 42)
    for (const body of [`o\n042\n${root}\n`, `o\n+42\n${root}\n`, `\n42\n${root}\n`, 'o\n42\nAAAA\n', `o\n42\n${root.replace('AA=', 'AB=')}\n`, 'o\n42\n', `o\n99999999999999999999\n${root}\n`]) {
      assert.equal(of(body), null, body)
    }
  })

  test('a signature that no browser can check says so', async () => {
    const raw = join(Uint8Array.of(6), new Uint8Array(1312))
    const id = (await import('node:crypto')).createHash('sha256').update(Buffer.concat([Buffer.from('w.example/pq\n'), raw])).digest('hex').slice(0, 8)
    const key = await readKey(`w.example/pq+${id}+${Buffer.from(raw).toString('base64')}`)
    const line = `— w.example/pq ${Buffer.concat([Buffer.from(id, 'hex'), Buffer.alloc(2428)]).toString('base64')}\n`
    const found = await judge(readNote(bytesOf(signed + line)), [key])
    assert.deepEqual(found.map((f) => [f.unchecked, f.fits]), [[true, undefined]])
  })
})

test('the form of every line of the vocabulary', () => {
  const dir = new URL('../../internal/event/testdata/', import.meta.url)
  const golden = readdirSync(dir).filter((n) => n.endsWith('.json'))
  assert.ok(golden.length > 50)
  for (const name of golden) {
    const line = readFileSync(new URL(name, dir), 'utf8').trimEnd()
    assert.equal(unlike(line), '', name)
    for (const [from, to] of [[',"level"', ', "level"'], ['"INFO', '"\u001bINFO'], ['"appid":"c', '"appid":"\\u0063'], ['"schema":1}', '"schema":1,"x":1}'], ['"level":', '"level":"INFO","level":'], ['"appid":"coffer",', '']]) {
      if (line.includes(from)) assert.notEqual(unlike(line.replace(from, () => to)), '', `${name} with ${to}`)
    }
  }
})

test('spellings', () => {
  for (const text of ['QQ', 'QR==', 'Q Q=', 'QQ=', '-_==', 'QQ==\n']) assert.equal(fromBase64(text), null, text)
  for (const text of ['', '00', '-1', '1.0', '1e3', ' 1', '9007199254740992']) assert.equal(whole(text), null, text)
  assert.equal(whole('0'), 0)
  for (const file of ['', 'c2sp.org/tlog-proof@v1\nindex 1\n', 'c2sp.org/tlog-proof@v2\nindex 1\n\nx', 'c2sp.org/tlog-proof@v1\nindex 01\n\nx', 'c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx']) {
    assert.equal(readProof(bytesOf(file)), null, file)
  }
})
