import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { searchAttributeNames } from '../domain/search-attribute.js';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

export const attributeKeys = {
  campaign: keyword(searchAttributeNames.campaign),
  formula: keyword(searchAttributeNames.formula),
  lattice: keyword(searchAttributeNames.lattice),
  computer: keyword(searchAttributeNames.computer),
  phase: keyword(searchAttributeNames.phase),
  verdict: keyword(searchAttributeNames.verdict),
};

/** Typed search attributes from plain values. */
export function attributes(values: Partial<Record<keyof typeof attributeKeys, string>>): TypedSearchAttributes {
  const pairs = Object.entries(values).map(([name, value]): SearchAttributePair => ({
    key: attributeKeys[name as keyof typeof attributeKeys],
    value,
  }));
  return new TypedSearchAttributes(pairs);
}
