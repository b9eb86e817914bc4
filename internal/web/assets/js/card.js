// The card that is drawn while its form is filled in. The number stays in this
// page: nothing is kept, and nothing is sent before the button is pressed.
const masks = { amex: [4, 6, 5], diners: [4, 6, 4] }

// A brand shows in the first digits: lowest and highest of the first four. The
// same ranges as the server's, which decides.
const series = [
  [2221, 2720, 'mastercard', 'Mastercard'], [3000, 3059, 'diners', 'Diners Club'], [3095, 3095, 'diners', 'Diners Club'],
  [3400, 3499, 'amex', 'American Express'], [3528, 3589, 'jcb', 'JCB'], [3600, 3699, 'diners', 'Diners Club'],
  [3700, 3799, 'amex', 'American Express'], [3800, 3999, 'diners', 'Diners Club'], [4000, 4999, 'visa', 'Visa'],
  [5000, 5099, 'maestro', 'Maestro'], [5100, 5599, 'mastercard', 'Mastercard'], [5600, 5899, 'maestro', 'Maestro'],
  [6011, 6011, 'discover', 'Discover'], [6200, 6299, 'unionpay', 'UnionPay'], [6304, 6304, 'maestro', 'Maestro'], [6390, 6390, 'maestro', 'Maestro'],
  [6440, 6599, 'discover', 'Discover'], [6700, 6799, 'maestro', 'Maestro'], [8100, 8171, 'unionpay', 'UnionPay'],
]

// brandOf finds the one brand that every number beginning so would have.
function brandOf(digits) {
  if (!digits) return null
  const low = Number(digits.slice(0, 4).padEnd(4, '0'))
  const high = Number(digits.slice(0, 4).padEnd(4, '9'))
  const fit = series.find(([from, to]) => from <= low && high <= to)
  return fit ? { key: fit[2], name: fit[3] } : null
}

function grouped(digits, sizes) {
  const groups = []
  let at = 0
  for (const size of [...sizes, 19]) {
    if (at >= digits.length) break
    groups.push(digits.slice(at, at + size))
    at += size
  }
  return groups.join(' ')
}

// regroup sets the spaces and keeps the caret behind the same digit.
function regroup(input, sizes) {
  const before = input.value.slice(0, input.selectionStart).replace(/\D/g, '').length
  const text = grouped(input.value.replace(/\D/g, '').slice(0, 19), sizes)
  if (text === input.value) return
  input.value = text
  let caret = 0
  for (let seen = 0; seen < before && caret < text.length; caret++) if (text[caret] !== ' ') seen++
  input.setSelectionRange(caret, caret)
}

function dots(digits, sizes) {
  const length = Math.max(sizes.reduce((a, b) => a + b), digits.length)
  return grouped(digits + '•'.repeat(length - digits.length), sizes)
}

// drawNumber sets what is still to come in quieter ink.
function drawNumber(place, text) {
  const at = text.indexOf('•')
  const rest = document.createElement('span')
  rest.className = 'dots'
  rest.textContent = at < 0 ? '' : text.slice(at)
  place.replaceChildren(at < 0 ? text : text.slice(0, at), rest)
}

// monthFirst adds the slash behind the month, but not while it is being deleted,
// and not a second one for who types it too.
function monthFirst(input, event) {
  if (event?.inputType?.startsWith('delete')) return
  input.value = input.value.replace('//', '/')
  const digits = input.value.replace(/\D/g, '')
  if (/^\d{2}$/.test(input.value)) input.value = digits + '/'
  else if (/^\d{3,4}$/.test(input.value)) input.value = `${digits.slice(0, 2)}/${digits.slice(2)}`
}

export function drawCard() {
  const preview = document.querySelector('[data-preview]')
  if (!preview) return
  const field = (name) => document.querySelector(`[data-card="${name}"]`)
  const draw = (name, text) => { preview.querySelector(`[data-draw="${name}"]`).textContent = text }
  const hint = document.querySelector('[data-brand]')

  const number = () => {
    const input = field('number')
    const brand = brandOf(input.value.replace(/\D/g, ''))
    const sizes = masks[brand?.key] ?? [4, 4, 4, 4]
    regroup(input, sizes)
    drawNumber(preview.querySelector('[data-draw="number"]'), dots(input.value.replace(/\D/g, ''), sizes))
    draw('brand', brand?.name ?? '')
    if (hint.textContent !== (brand?.name ?? '')) hint.textContent = brand?.name ?? ''
  }
  const rest = () => {
    draw('label', field('label').value || 'Card')
    draw('holder', field('holder').value || 'Name on the card')
    draw('expiry', field('expiry').value || 'MM/YY')
  }
  field('number').addEventListener('input', number)
  field('expiry').addEventListener('input', (e) => monthFirst(field('expiry'), e))
  for (const name of ['label', 'holder', 'expiry']) field(name).addEventListener('input', rest)
  number()
  rest()
}
