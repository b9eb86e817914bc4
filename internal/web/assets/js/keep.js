// Keeping recovery codes: as a file, which is made here and asks nobody.
export function keepFile() {
  for (const button of document.querySelectorAll('[data-save]')) {
    button.addEventListener('click', () => {
      const address = URL.createObjectURL(new Blob([text(button)], { type: 'text/plain' }))
      const link = document.createElement('a')
      link.href = address
      link.download = button.dataset.name
      link.click()
      URL.revokeObjectURL(address)
    })
  }
  document.querySelectorAll('[data-print]').forEach((button) => button.addEventListener('click', () => print()))
}

function text(button) {
  const lines = [...document.getElementById(button.dataset.save).children].map((line) => line.textContent.trim())
  return `${button.dataset.about}\n\n${lines.join('\n')}\n`
}
