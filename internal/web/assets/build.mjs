// Builds the page assets into dist/: one style sheet, three scripts, the icon and
// the fonts. Each lies in a directory named by the hash of its content, so its
// address changes when it does, and has a .gz beside it where that is smaller.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import * as sass from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')
const modules = join(here, '../../../node_modules')
const { default: iconNames } = await import('./icons.mjs')

// Fonts are shipped twice: what most pages need, and what other Latin letters need.
const fonts = {
  'inter.woff2': '@fontsource-variable/inter/files/inter-latin-opsz-normal.woff2',
  'inter-ext.woff2': '@fontsource-variable/inter/files/inter-latin-ext-opsz-normal.woff2',
  'mono.woff2': '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
  'mono-ext.woff2': '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-ext-wght-normal.woff2',
}

async function put(name, content) {
  const bytes = Buffer.from(content)
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  await mkdir(join(dist, hash), { recursive: true })
  await writeFile(join(dist, hash, name), bytes)
  const zipped = gzipSync(bytes, { level: 9 })
  if (zipped.length < bytes.length * 0.9) await writeFile(join(dist, hash, name + '.gz'), zipped)
  return `../${hash}/${name}`
}

async function clean() {
  await mkdir(dist, { recursive: true })
  for (const name of await readdir(dist)) {
    if (!name.startsWith('placeholder')) await rm(join(dist, name), { recursive: true })
  }
}

// style compiles the sheet; url(font:name) becomes the font's hashed address.
async function style(addresses) {
  const compiled = sass.compile(join(here, 'scss/coffer.scss'), {
    loadPaths: [modules],
    quietDeps: true,
    silenceDeprecations: ['import', 'global-builtin', 'color-functions', 'if-function'],
  })
  const named = compiled.css.replace(/font:([a-z0-9.-]+)/g, (_, name) => addresses[name])
  const { code } = await esbuild.transform(named, { loader: 'css', minify: true, target: ['chrome109', 'firefox109', 'safari16.4'] })
  if (code.includes('data:')) throw new Error('the style sheet holds a data: address, which the content policy refuses')
  return code
}

async function script(name) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(here, 'js', name)], bundle: true, write: false, minify: true, format: 'iife', target: 'es2021', legalComments: 'none',
  })
  return outputFiles[0].contents
}

// shorten leaves of an icon's file what a page needs.
function shorten(svg) {
  const inner = svg.replace(/^[^]*?<svg[^>]*>/, '').replace('</svg>', '').replace(/>\s+</g, '><').trim()
  return `<svg class="i" viewBox="0 0 16 16" aria-hidden="true">${inner}</svg>`
}

async function icons() {
  const set = { mark: shorten(await readFile(join(here, 'mark.svg'), 'utf8')) }
  for (const name of iconNames) set[name] = shorten(await readFile(join(modules, 'bootstrap-icons/icons', name + '.svg'), 'utf8'))
  return set
}

// tab is the mark as a browser's tab shows it, readable on light and dark.
function tab(mark) {
  return mark.replace('aria-hidden="true" ', '').replace('currentColor', '#B07A1E')
}

await clean()
const addresses = {}
for (const [name, path] of Object.entries(fonts)) addresses[name] = await put(name, await readFile(join(modules, path)))
await put('coffer.css', await style(addresses))
await put('theme.js', await script('theme.js'))
await put('coffer.js', await script('coffer.js'))
await put('verify.js', await script('verify.js'))
await put('icon.svg', tab(await readFile(join(here, 'mark.svg'), 'utf8')))
await writeFile(join(dist, 'icons.json'), JSON.stringify(await icons()))
