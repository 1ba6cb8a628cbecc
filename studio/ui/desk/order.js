// Which picture stays, whatever order answers come in. Every move of a hand has a number, and so has everything that the page is
// told of; a picture for a moment yields to the exact one of the same move or of a later one, and never lies over it again.

export class Order {
  constructor() {
    this.told = -1;
    this.moved = 0;
    this.rested = 0;
  }

  // A control was moved: the number of the move.
  move() {
    return ++this.moved;
  }

  // Whether what the page is told of is newer than what it was told before. `at` is when it was told; `move` the last move that
  // it knows of, and without one it was told for another reason and knows all.
  takes({at, move = null}) {
    if (at <= this.told) return false;
    this.told = at;
    this.rested = Math.max(this.rested, move ?? this.moved);
    return true;
  }

  // Whether a picture that was made for a move may be shown: no exact one that knows of that move has come.
  mayShow(move) {
    return move > this.rested;
  }

  // Whether the exact picture is of the last move.
  get rests() {
    return this.rested >= this.moved;
  }
}
