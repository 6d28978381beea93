/** In the folder of a point, what the program reads and writes. */
export const taskFile = 'task.json';
export const resultFile = 'result.json';
/** Shared by all points of a calculation, beside their folders. */
export const functionsFile = 'functions.json';
