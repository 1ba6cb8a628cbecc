// A colour space is found by typing a part of its name: what stands in the box gives way to the first letter.
document.addEventListener('focusin', ({ target }) => {
  if (target.matches?.('.colour-spaces input')) setTimeout(() => target.select(), 0);
});
