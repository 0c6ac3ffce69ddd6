import { isJsonObject } from '@muster/domain';
import { ValidateBy } from 'class-validator';

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

export const IsMoment = (): PropertyDecorator =>
  ValidateBy({
    name: 'isMoment',
    validator: {
      validate: (value) => typeof value === 'string' && RFC_3339.test(value) && !Number.isNaN(Date.parse(value)),
      defaultMessage: () => '$property must be an RFC 3339 time with its zone, as in 2026-01-31T12:00:00Z',
    },
  });

export const IsTextMap = (entriesMax: number): PropertyDecorator =>
  ValidateBy({
    name: 'isTextMap',
    validator: {
      validate: (value) =>
        isJsonObject(value) &&
        Object.keys(value).length <= entriesMax &&
        // U+0000 is text that Postgres cannot keep.
        Object.entries(value).every(
          ([name, member]) => typeof member === 'string' && !`${name}${member}`.includes('\0'),
        ),
      defaultMessage: () => `$property must be an object of at most ${entriesMax} texts without U+0000`,
    },
  });

/** One rule for the whole list: a rule for each item would cost more than most of what it guards. */
export const IsListOf = (isItem: (item: unknown) => boolean, itemsMax: number, what: string): PropertyDecorator =>
  ValidateBy({
    name: 'isListOf',
    validator: {
      validate: (value) => Array.isArray(value) && value.length <= itemsMax && value.every(isItem),
      defaultMessage: () => `$property must be a list of at most ${itemsMax} ${what}`,
    },
  });
