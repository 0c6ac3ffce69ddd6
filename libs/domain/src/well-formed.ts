/** Whether text has no half of a surrogate pair: only such text has UTF-8 bytes and a canonical JSON form. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
