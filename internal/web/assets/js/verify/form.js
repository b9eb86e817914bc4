// The form in which Coffer writes lines. Where something does not fit what was
// signed, a line that has another form can be named.
const members =
  'seq datetime level event outcome reason description actor subject source_ip peer_ip useragent request_method request_uri request_id session appid node version data schema'

// unlike says what in a line's text Coffer does not write, or nothing.
export function unlike(text) {
  const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.exec(text)
  if (unseen) return `holds U+${unseen[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  // Each text becomes empty, so that what is left is the line's frame; the names
  // at its first level stay to be compared.
  if (/\\[^"\\]/.test(text.replace(/\\["\\]/g, ''))) return 'spells a character otherwise'
  const frame = text.replace(/"(?:[^"\\]|\\["\\])*"/g, '""')
  if (/[ \t]/.test(frame)) return 'has a space between its members'
  let line
  try {
    line = JSON.parse(text)
  } catch {
    return 'is no JSON'
  }
  const names = Object.keys(line).join(' ')
  if (line.schema !== 1) return names.endsWith(' schema') ? '' : 'has other members'
  return names === members && JSON.stringify(line) === text ? '' : 'has other members'
}
