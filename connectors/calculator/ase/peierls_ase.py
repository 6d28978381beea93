"""Runs the points of peierls through a calculator of ASE (3.22 and later).

One point: `python3 peierls_ase.py` in a folder with task.json; writes result.json.
Many:      `python3 peierls_ase.py --serve`: a line `folder<TAB>...` in, a line with the exit code out; what codes print goes to
           <folder>/stdout, and a force field is loaded once.

Lengths in angstrom, energies in eV, stresses in GPa (tension positive, Voigt order xx yy zz yz xz xy), positions in fractions of the cell.
"""

import hashlib
import importlib
import importlib.metadata
import json
import os
import sys
import traceback

GPA_PER_EV_PER_CUBIC_ANGSTROM = 160.21766208  # CODATA 2014, as in ase.units

# What a name stands for: where the calculator is, the package whose version is told, and how the model file is handed over.
MODELS = {
    "emt": {"make": "ase.calculators.emt:EMT", "package": "ase"},
    "nep": {"make": "calorine.calculators:CPUNEP", "package": "calorine", "file": 0},
    "mace": {"make": "mace.calculators:MACECalculator", "package": "mace-torch", "file": "model_paths"},
    "chgnet": {"make": "chgnet.model.dynamics:CHGNetCalculator", "package": "chgnet"},
    "sevennet": {"make": "sevenn.calculator:SevenNetCalculator", "package": "sevenn", "file": "model"},
    "gpaw": {"make": "gpaw:GPAW", "package": "gpaw", "fresh": True},
}


class Refused(Exception):
    """What cannot be computed, with the word that peierls has for the reason."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason = reason


def found(path):
    """The class or function behind `package.module:name`."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Refused("code-error", f"{path} cannot be used with {sys.executable}: {error}") from error


def checked_file(file):
    path = os.path.expanduser(file["path"])
    try:
        with open(path, "rb") as stream:
            digest = hashlib.sha256(stream.read()).hexdigest()
    except OSError as error:
        raise Refused("code-error", f"the model file {path} cannot be read here: {error.strerror}") from error
    if digest != file["sha256"]:
        raise Refused("code-error", f"the model file {path} has the sha256 {digest}; the campaign says {file['sha256']}")
    return path


def version_of(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_requirements(requires):
    for package, wanted in requires.items():
        there = version_of(package)
        if there != wanted:
            raise Refused("code-error", f"{package} is {there or 'not installed'} here; the campaign requires {wanted} (pip install {package}=={wanted})")


LOADED = {}


def make_calculator(model, mesh):
    known = MODELS.get(model["name"], {"make": model["name"], "package": model["name"].split(".")[0].split(":")[0]})
    key = json.dumps(model, sort_keys=True)
    if key in LOADED:
        return LOADED[key]
    check_requirements(model.get("requires", {}))
    positional, named = [], dict(model.get("arguments", {}))
    if "file" in model:
        path = checked_file(model["file"])
        where = known.get("file", 0)
        if where == 0:
            positional.append(path)
        else:
            named[where] = path
    if model["name"] == "gpaw":
        named.setdefault("kpts", {"size": mesh, "gamma": True})
        named.setdefault("txt", "gpaw.txt")
    made = found(known["make"])(*positional, **named), known["package"]
    if not known.get("fresh"):
        LOADED[key] = made
    return made


def filter_for(freedom, atoms, forces_of_cell):
    """A cell whose shape changes in the allowed ways only."""
    try:
        from ase.filters import UnitCellFilter
    except ImportError:  # before 3.23
        from ase.constraints import UnitCellFilter

    class AllowedStrains(UnitCellFilter):
        def get_forces(self, *args, **kwargs):
            forces = super().get_forces(*args, **kwargs)
            forces[-3:] = forces_of_cell(forces[-3:], freedom)
            return forces

    return AllowedStrains(atoms)


def allowed(matrix, freedom):
    """The part of a stress-like 3 x 3 matrix that a cell may follow."""
    import numpy

    if freedom == "triclinic":
        return matrix
    x, y, z = numpy.diag(matrix)
    if freedom == "isotropic":
        x = y = z = (x + y + z) / 3
    elif freedom == "uniaxial":
        x = y = (x + y) / 2
    return numpy.diag([x, y, z])


def relax(atoms, task):
    """Moves atoms and cell as the task says; whether they came to rest."""
    from ase.constraints import FixCartesian
    from ase.optimize import BFGS, LBFGS

    kind = task["relax"]
    if kind == "none":
        return True
    tolerance, steps = task["forceToleranceEvPerAngstrom"], task["maxIonicSteps"]
    if kind == "ions-along-z":
        atoms.set_constraint(FixCartesian(list(range(len(atoms))), mask=(True, True, False)))
    if kind != "cell-and-ions":
        # The memory of a BFGS of a slab's many atoms pays; its matrix does not.
        optimiser = LBFGS(atoms, logfile=None, maxstep=0.1)
        return bool(optimiser.run(fmax=tolerance, steps=steps))
    stress = task["stressToleranceGpa"] / GPA_PER_EV_PER_CUBIC_ANGSTROM * atoms.get_volume() / len(atoms)
    optimiser = BFGS(filter_for(task["cellFreedom"], atoms, allowed), logfile=None)
    return bool(optimiser.run(fmax=min(tolerance, stress), steps=steps))


def compute(task):
    import numpy
    from ase import Atoms

    moments = task.get("magneticMoments", {})
    atoms = Atoms(
        symbols=task["elements"],
        cell=task["lattice"],
        scaled_positions=task["positions"],
        pbc=task["periodic"],
        magmoms=[moments.get(element, 0.0) for element in task["elements"]] if moments else None,
    )
    atoms.calc, package = make_calculator(task["model"], task.get("mesh"))
    came_to_rest = relax(atoms, task)
    energy = float(atoms.get_potential_energy())
    forces = numpy.array(atoms.get_forces(apply_constraint=False))
    free = forces[:, 2:] if task["relax"] == "ions-along-z" else forces
    result = {
        "energyEv": energy,
        "lattice": atoms.cell.tolist(),
        "positions": atoms.get_scaled_positions(wrap=False).tolist(),
        "maxForceEvPerAngstrom": float(numpy.abs(free).max()),
        "converged": came_to_rest,
        "code": f"{package} {version_of(package)}, ase {version_of('ase')}",
    }
    if all(task["periodic"]):
        stress = numpy.array(atoms.get_stress(voigt=True)) * GPA_PER_EV_PER_CUBIC_ANGSTROM
        result["stressGpa"] = stress.tolist()
    if moments:
        result["magneticMoment"] = float(atoms.get_magnetic_moment())
    gap = band_gap(atoms.calc) if task["model"]["name"] == "gpaw" and not moments else None
    if gap is not None:
        result["bandGapEv"] = gap
    numbers = [energy, *forces.flat, *result.get("stressGpa", [])]
    if not numpy.isfinite(numbers).all():
        raise Refused("not-a-number", "the calculator returned an energy, force or stress that is not a number")
    return result


def band_gap(calculator):
    """Lowest energy of the first band that the electrons do not need, less the highest of the last that they fill; negative in a metal."""
    pairs = calculator.get_number_of_electrons() / 2
    if calculator.get_number_of_spins() != 1 or pairs != int(pairs):
        return None
    bands = [calculator.get_eigenvalues(kpt=k) for k in range(len(calculator.get_ibz_k_points()))]
    if min(len(energies) for energies in bands) <= pairs:
        return None
    return float(min(energies[int(pairs)] for energies in bands) - max(energies[int(pairs) - 1] for energies in bands))


def run_here():
    """Runs the point of the current folder and returns its exit code."""
    try:
        with open("task.json", encoding="utf-8") as stream:
            task = json.load(stream)
        answer, code = compute(task), 0
    except Refused as refused:
        answer, code = {"failed": refused.reason, "evidence": str(refused)}, 1
    except MemoryError:
        answer, code = {"failed": "out-of-memory", "evidence": traceback.format_exc()[-2000:]}, 1
    except Exception:  # whatever a foreign code throws is a result of its own
        answer, code = {"failed": "code-error", "evidence": traceback.format_exc()[-2000:]}, 1
    with open("result.json.tmp", "w", encoding="utf-8") as stream:
        json.dump(answer, stream, allow_nan=False)
    os.replace("result.json.tmp", "result.json")
    return code


def serve():
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        os.chdir(line.rstrip("\n").split("\t")[0])
        output = os.open("stdout", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(output, 1)
        os.close(output)
        code = run_here()
        sys.stdout.flush()
        answers.write(f"{code}\n")
        answers.flush()


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve()
    else:
        sys.exit(run_here())
