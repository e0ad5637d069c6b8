/**
 * How a row of a hall is drawn, in seat widths: x to the right, y away from the front. The seat at column c is drawn at
 * (x + c - 1, y), turned about (x, y) by `angle` degrees clockwise, unless `seats` has a place for it. Without x and y, row r is drawn
 * at (0, r - 1). The seats of a table are drawn around (x, y). `restrictedView`: the columns of such seats.
 */
export type RowDrawing = {
  x?: number;
  y?: number;
  angle?: number;
  isTable?: true;
  restrictedView?: number[];
  seats?: { column: number; x: number; y: number }[];
};
