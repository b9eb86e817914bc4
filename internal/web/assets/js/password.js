// peek shows what was typed, and hides it again.
function peek(button) {
  const input = document.getElementById(button.dataset.peek)
  const word = button.querySelector('[data-word]')
  button.addEventListener('click', () => {
    const shown = input.type === 'text'
    input.type = shown ? 'password' : 'text'
    word.textContent = shown ? 'Show' : 'Hide'
    input.focus()
  })
  // What is sent goes as a password, or the browser would offer it again as text.
  input.form.addEventListener('submit', () => { input.type = 'password' })
}

// strength says it in words. It judges length and sameness only; the server
// also knows the list of common ones.
function strength(password, name, least) {
  const points = [...password]
  if (!points.length) return 'nothing typed yet'
  if (points.length < least) return `too short, ${least - points.length} more to go`
  const plain = password.toLowerCase()
  if (name.length >= 3 && plain.includes(name.toLowerCase())) return 'too like your username'
  if (new Set(points).size < 5) return 'weak, the same few signs'
  if (/^(?:\d+|(.+)\1+)$/.test(plain)) return 'weak, easy to guess'
  if (points.length < 12) return 'fair, longer is better'
  return points.length < 15 ? 'good' : 'very good'
}

export function passwords() {
  document.querySelectorAll('[data-peek]').forEach(peek)
  const input = document.querySelector('[data-strength]')
  if (!input) return
  const word = document.querySelector(`#${input.dataset.strength} [data-word]`)
  const name = document.getElementById('username')
  const say = () => { word.textContent = strength(input.value, name?.value ?? '', Number(input.dataset.least ?? 8)) }
  input.addEventListener('input', say)
  name?.addEventListener('input', say)
  say()
}
