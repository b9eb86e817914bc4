// Two verifiers, two languages, one corpus of forged logs: the one that the
// browser uses must say of each log what coffer-verify says, and both what the
// corpus demands.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { judgeProof } from '../../internal/web/assets/js/verify/line.js'
import { judgeLog } from '../../internal/web/assets/js/verify/log.js'
import { gather, gatherProof } from './files.mjs'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const binary = join(root, 'bin/coffer-verify')
const lines = 2000

const corpus = mkdtempSync(join(tmpdir(), 'coffer-corpus-'))
await run('go', ['run', './internal/apptest/forge/corpus', '-dir', corpus, '-lines', String(lines)], { cwd: root })
const manifest = JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8'))
const now = Date.parse(manifest.made) / 1000

before(() => process.chdir(corpus)) // the manifest names files from here
after(() => {
  process.chdir(root)
  rmSync(corpus, { recursive: true })
})

// here is the verdict of the verifier in JavaScript.
const here = async ({ kind, args }) => (kind === 'proof' ? judgeProof(await gatherProof(args.slice(1))) : judgeLog(await gather(args, now)))

// there is coffer-verify's.
async function there({ args, kind }) {
  const more = kind === 'proof' ? ['proof', '--json', ...args.slice(1)] : ['--json', ...args]
  const { code = 0, stdout } = await run(binary, more, { cwd: corpus }).catch((e) => e)
  const { verdict, findings, signed } = JSON.parse(stdout)
  return { exit: code, verdict, what: findings?.[0].what, signed }
}

describe('the forgery corpus', () => {
  test('has each known attack', () => assert.ok(manifest.cases.length > 100 && manifest.lines === lines))
  for (const c of manifest.cases) {
    test(`${c.name}: ${c.about}`, async () => {
      const want = { exit: c.exit, verdict: c.verdict }
      const { exit, verdict, why, what, signed } = await here(c)
      assert.deepEqual({ exit, verdict }, want, `in JavaScript: ${why}`)
      const other = await there(c)
      assert.deepEqual({ exit: other.exit, verdict: other.verdict }, want, 'coffer-verify')
      if (what) assert.equal(what, other.what, 'the word for what was done')
      if (!c.signed) return
      const counts = ({ of, count, others, bad, unchecked, stripped }) => ({ of, count, others, bad, unchecked, stripped })
      assert.deepEqual(counts(signed), counts(other.signed), 'what people signed')
      assert.deepEqual(counts(signed), { of: signed.of, ...c.signed })
    })
  }
})
