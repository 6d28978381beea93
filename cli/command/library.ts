import { libraryFiles, readText } from '../../connectors/predictor/library.js';
import { checkRecords } from '../../domain/learning/library-check.js';
import { readSlipFile } from '../../domain/slip-record.js';
import { significant, type Output } from '../output.js';
import { table } from '../table.js';

/** `peierls library check <library.json...>`: exit code 3 where records are refused. */
export async function checkLibrary(files: string[], output: Output): Promise<number> {
  const reports = libraryFiles(files).map((file) => {
    const { source, protocol, entries } = readSlipFile(readText(file), file);
    return { file, source, records: entries.length, ...checkRecords(entries, protocol) };
  });
  output.result(
    reports,
    reports.flatMap(({ file, source, records, findings, coverage }) => [
      `${file}: ${records} records of ${source}`,
      '',
      ...table(
        ['class', 'rows', 'below floor', 'MPa', 'elements'],
        coverage.map((it) => [
          it.kind,
          it.rows,
          it.belowFloor,
          `${significant(it.lowMpa)} - ${significant(it.highMpa)}`,
          it.elements.join(' '),
        ]),
      ),
      '',
      ...(['refused', 'excluded', 'repaired', 'remark'] as const).flatMap((severity) => {
        const own = findings.filter((finding) => finding.severity === severity);
        return own.length === 0 ? [] : [`${own.length} ${severity}`, ...own.map(({ id, finding }) => `  ${id}: ${finding}`)];
      }),
    ]),
  );
  return reports.some(({ findings }) => findings.some(({ severity }) => severity === 'refused')) ? 3 : 0;
}
