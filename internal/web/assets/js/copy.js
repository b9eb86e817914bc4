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
      // A number is pasted without its spaces.
      const text = 'secret' in source.dataset ? source.textContent.replace(/\s/g, '') : source.textContent.trim()
      try {
        await navigator.clipboard.writeText(text)
        word.textContent = 'Copied'
      } catch {
        word.textContent = 'Not copied'
      }
      setTimeout(() => { word.textContent = before }, 2000)
    })
  }
}
