// Writes passwords.txt beside this file: the common passwords that are long
// enough to be refused for being common, one a line, in lower case, unique and
// sorted by bytes, which is how they are searched.
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const shortest = 8 // code points: what is shorter is refused for that

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, '../../../node_modules/@zxcvbn-ts/language-common/src/passwords.json')

const words = JSON.parse(await readFile(source, 'utf8'))
  .map((word) => word.toLowerCase().normalize('NFC'))
  .filter((word) => [...word].length >= shortest && !word.includes('\n'))
if (words.length < 10_000) throw new Error(`only ${words.length} common passwords: has the package changed?`)

const sorted = [...new Set(words)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
await writeFile(join(here, 'passwords.txt'), sorted.join('\n') + '\n')
