import { loadingSteps } from '../../../domain/loading-steps.js';
import type { ShearLoading } from '../../../domain/shear-loading.js';

/** Name in the point's folder: one line an increment. */
export const traceFile = 'trace.txt';

/** eV/angstrom^3 in MPa. */
const mpaPerEvPerCubicAngstrom = 160_217.6634;

export interface LoadingOptions {
  loading: ShearLoading;
  /** Area of the slip plane, square angstrom. */
  area: number;
  maxIterations: number;
}

/**
 * Commands that relax a dislocation and drive it over one period, all in one run: LAMMPS itself decides about the next increment.
 *
 * A step shears the crystal by `step`. After it was relaxed, the slip of the layers at the slip plane says how far the dislocation went.
 * A jump is undone (`back`) and tried again with a third of the step until it is pinned down, then accepted. While nothing but elastic
 * strain is added the steps grow. Variables are constants that are assigned anew: `equal $(...)` evaluates at once.
 */
export function loadingCommands({ loading, area, maxIterations }: LoadingOptions): string[] {
  const { axis, sense, rigidBelow, rigidAbove, below, above, slipPerPeriod, modulusGpa, forceNorm } = loading;
  const height = rigidAbove - rigidBelow;
  const component = axis === 'x' ? 1 : 2;
  const gap = (above[0] + above[1] - below[0] - below[1]) / 2;
  const strainPerPeriod = slipPerPeriod / height;
  const modulusMpa = modulusGpa * 1000;
  const number = (value: number): string => String(Number(value.toPrecision(12)));
  const eps = 0.05;
  return [
    `region lower block INF INF INF INF INF ${number(rigidBelow + eps)}`,
    `region upper block INF INF INF INF ${number(rigidAbove - eps)} INF`,
    `region below block INF INF INF INF ${number(below[0])} ${number(below[1])}`,
    `region above block INF INF INF INF ${number(above[0])} ${number(above[1])}`,
    ...['lower', 'upper', 'below', 'above'].map((name) => `group ${name} region ${name}`),
    'fix lower lower setforce 0 0 0',
    'fix upper upper setforce 0 0 0',
    'compute moved all displace/atom',
    `compute above above reduce ave c_moved[${component}]`,
    `compute below below reduce ave c_moved[${component}]`,
    `thermo_style custom step pe fnorm f_lower[${component}] f_upper[${component}] c_above c_below`,
    'thermo_modify format float %.15g',
    // Loading is counted positive, whichever way it goes.
    `variable stress equal ${sense}*${number(mpaPerEvPerCubicAngstrom / (2 * area))}*(f_lower[${component}]-f_upper[${component}])`,
    `variable slip equal ${sense}*(c_above-c_below)-${number(gap / modulusMpa)}*v_stress`,
    // No trace of an earlier attempt.
    `print 'strain stressMpa slipAngstrom energyEv forceNorm failedStrain' file ${traceFile} screen no`,
    `minimize 0 ${forceNorm} ${3 * maxIterations} ${6 * maxIterations}`,
    ...remember,
    'variable strain equal 0',
    'variable start equal ${oldSlip}',
    `variable step equal ${number(strainPerPeriod / loadingSteps.perPeriod)}`,
    'variable count equal 0',
    'variable jumped equal 0',
    // 1 while a jump is being pinned down.
    'variable closing equal 0',
    'variable failed equal 0',
    'variable extrapolate equal 0',
    record('-'),
    'variable now equal 0',
    'fix state0 all store/state 0 xu yu zu',
    'fix state1 all store/state 0 xu yu zu',
    'label increment',
    'variable count equal $(v_count+1)',
    `if "\${count} > ${loadingSteps.allowed}" then "jump SELF exhausted"`,
    'if "${extrapolate} == 1" then "jump SELF extrapolate"',
    `displace_atoms all ramp ${axis} 0 $(${sense}*v_step*${number(height)}) z ${number(rigidBelow)} ${number(rigidAbove)} units box`,
    'jump SELF relax',
    // The last step once more, scaled to the new size: right to second order for elastic strain and steady glide.
    'label extrapolate',
    'variable ratio equal $(v_step/v_lastStep)',
    ...(['x', 'y', 'z'] as const).map(
      (name, i) => `variable to_${name} atom f_state\${now}[${i + 1}]+\${ratio}*(f_state\${now}[${i + 1}]-f_state\${before}[${i + 1}])`,
    ),
    'set group all image 0 0 0',
    'set group all x v_to_x y v_to_y z v_to_z',
    'label relax',
    `minimize 0 ${forceNorm} ${maxIterations} ${3 * maxIterations}`,
    // What the stress lacks against elastic loading is slip, wherever it happened; the layers at the slip plane see only their own.
    `variable total equal $((v_step-(v_stress-v_oldStress)/${number(modulusMpa)})*${number(height)})`,
    'variable glide equal $(v_slip-v_oldSlip)',
    `variable finest equal $((${loadingSteps.stressResolution}*abs(v_oldStress)/${number(modulusMpa)}>${number(strainPerPeriod * loadingSteps.strainResolution)})*${loadingSteps.stressResolution}*abs(v_oldStress)/${number(modulusMpa)}+${number(strainPerPeriod * loadingSteps.strainResolution)})`,
    `if "\${total} > ${number(loadingSteps.jump * slipPerPeriod)} && \${step} > \${finest}" then "jump SELF back"`,
    'variable strain equal $(v_strain+v_step)',
    `variable isJump equal $(v_total>${number(loadingSteps.jump * slipPerPeriod)})`,
    `variable plastic equal $(v_total/v_step/${number(height)})`,
    ...remember,
    `if "\${isJump} == 1" then &\n  "${record('${strain}')}" &\nelse &\n  "${record('-')}"`,
    'variable jumped equal $(v_jumped+v_isJump)',
    'variable lastStep equal ${step}',
    // Two states are kept: the accepted one and the one before it. A jump is not continued.
    'variable extrapolate equal $(1-v_isJump)',
    'variable before equal ${now}',
    'variable now equal $(1-v_before)',
    'unfix state${now}',
    'fix state${now} all store/state 0 xu yu zu',
    `variable advanced equal $((v_oldSlip-v_start)/${number(slipPerPeriod)})`,
    `if "\${isJump} == 1 && \${glide} < $(v_total/2)" then "jump SELF elsewhere"`,
    `if "(\${jumped} > 0 && \${advanced} > ${loadingSteps.jumpEnd}) || \${advanced} > ${loadingSteps.smoothEnd}" then "jump SELF period"`,
    `if "\${isJump} == 1" then "variable closing equal 0" "variable step equal ${number(strainPerPeriod / loadingSteps.perPeriod)}"`,
    `if "\${closing} == 0 && \${plastic} < 0.2 && \${step} < ${number((strainPerPeriod * loadingSteps.largest) / loadingSteps.growth)}" then "variable step equal $(v_step*${loadingSteps.growth})"`,
    `if "\${plastic} > 0.4 && \${step} > ${number(strainPerPeriod / loadingSteps.perPeriod)}" then "variable step equal ${number(strainPerPeriod / loadingSteps.perPeriod)}"`,
    'jump SELF increment',
    'label back',
    ...(['x', 'y', 'z'] as const).map((name, i) => `variable to_${name} atom f_state\${now}[${i + 1}]`),
    'set group all image 0 0 0',
    'set group all x v_to_x y v_to_y z v_to_z',
    'variable failed equal $(v_strain+v_step)',
    'variable closing equal 1',
    'variable step equal $(v_step/3)',
    'jump SELF increment',
    'label exhausted',
    `print 'end increments' append ${traceFile} screen no`,
    'jump SELF finish',
    'label elsewhere',
    `print 'end other-plane' append ${traceFile} screen no`,
    'jump SELF finish',
    'label period',
    `print 'end period' append ${traceFile} screen no`,
    'label finish',
  ];
}

const remember = [
  'variable oldStress equal $(v_stress:%.12g)',
  'variable oldSlip equal $(v_slip:%.12g)',
  'variable energy equal $(pe:%.15g)',
  'variable norm equal $(fnorm:%.6g)',
];

function record(failed: string): string {
  return `print '\${strain} \${oldStress} \${oldSlip} \${energy} \${norm} ${failed}' append ${traceFile} screen no`;
}
