// textOf is what is pasted: a list line by line, a number without its spaces.
function textOf(source) {
  if (source.matches('ol, ul')) return [...source.children].map((line) => line.textContent.trim()).join('\n')
  return 'secret' in source.dataset ? source.textContent.replace(/\s/g, '') : source.textContent.trim()
}

export function copyButtons() {
  for (const button of document.querySelectorAll('[data-copy]')) {
    if (!navigator.clipboard) {
      button.remove() // plain HTTP on another machine has no clipboard
      continue
    }
    button.addEventListener('click', async () => {
      const source = document.getElementById(button.dataset.copy)
      const word = button.querySelector('[data-word]')
      const before = word.textContent
      try {
        await navigator.clipboard.writeText(textOf(source))
        word.textContent = 'Copied'
      } catch {
        word.textContent = 'Not copied'
      }
      setTimeout(() => { word.textContent = before }, 2000)
    })
  }
}
