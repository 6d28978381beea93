/** A foreign file whose text is YAML or JSON. */
export interface ParsedFile {
  file: string;
  content: Record<string, unknown>;
}
