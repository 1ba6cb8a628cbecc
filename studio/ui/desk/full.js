// The button by which a viewer fills the screen, and leaves it again.
export function wireFullScreen(root) {
  const button = root.querySelector('.desk-full');
  button.addEventListener('click', () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen();
  });
  document.addEventListener('fullscreenchange', () => {
    button.textContent = document.fullscreenElement === root ? 'Leave full screen' : 'Full screen';
  });
}
