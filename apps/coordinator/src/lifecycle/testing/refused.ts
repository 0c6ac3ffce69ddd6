/** What the database would have refused: no statement of the protocol may come to this. */
export class Refused extends Error {}
