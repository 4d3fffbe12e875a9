"""How Numba compiles the kernels inside a compiled loop: in a third of the time, by leaving out what nobody uses.

Numba optimizes each function and makes machine code of it, and optimizes it again as a part of each function
around it. A kernel in a gradient in an epoch in a loop goes through that four times; the last is enough.
"""

from functools import cache

from ._types import is_ours
from .garbage import garbage_left

# Passes for what no kernel of ours has: closures, contexts, code inlined by Numba, arithmetic on whole arrays.
UNUSED = {
    "WithLifting",
    "InlineClosureLikes",
    "MakeFunctionToJitFunction",
    "InlineInlinables",
    "FindLiterallyCalls",
    "LiteralUnroll",
    "LiteralPropagationSubPipelinePass",
    "InlineOverloads",
    "NopythonRewrites",
    "DumpParforDiagnostics",
}


def for_kernels(apart=False, makes_arrays=False):
    """Numba's compiler, for functions that are never called but from the code they become part of.

    With ``apart`` it takes for granted that no argument is written to through another, so that loops need not look
    before each start whether their arrays overlap. References to arrays are not counted, for whoever calls holds them,
    unless the function ``makes_arrays`` of its own, or has to do with somebody else's records: their kernels may make
    arrays, and hold some. None, which stands for the usual compiler, where Numba's parts are not found in their places.
    """
    try:
        from numba.core.compiler import CompilerBase, DefaultPassBuilder
        from numba.core.compiler_machinery import register_pass
        from numba.core.typed_passes import NativeLowering

        Part, QuickFlags = unoptimized_library(), quick_flags()
    except ImportError:
        return None

    @register_pass(mutates_CFG=True, analysis_only=False)
    class PartLowering(NativeLowering):
        _name = "part_lowering"

        def run_pass(self, state):
            state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
            if is_ours(state.func_id.func) and not (makes_arrays or any(map(has_strangers, state.args))):
                if state.targetctx.data_model_manager[state.return_type].contains_nrt_meminfo():
                    raise TypeError(f"{state.func_id.func_name} returns an array, to which no reference is counted")
                state.flags.nrt, state.targetctx = False, state.targetctx.subtarget(enable_nrt=False)
            return super().run_pass(state)

    class KernelCompiler(CompilerBase):
        def compile_extra(self, function):
            self.state.flags = QuickFlags(self.state.flags)
            return super().compile_extra(function)

        def define_pipelines(self):
            self.state.flags.noalias = apart
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            unused = UNUSED if is_ours(self.state.func_id.func) else ()
            kept = [(step, why) for step, why in passes.passes if step.__name__ not in unused]
            passes.passes = [(PartLowering if step is NativeLowering else step, why) for step, why in kept]
            passes.finalize()
            return [passes]

    return KernelCompiler


def unoptimized_library():
    """The class of what Numba writes for a kernel."""
    from numba.core.codegen import JITCodeLibrary, ll

    class Part(JITCodeLibrary):
        """Code that stays as it was written until it is part of a whole.

        The engine gets no more of it than the places of its constants. Of the rest it would make slow machine code,
        and then run that instead of the optimized copy of the same name in the whole.
        """

        def finalize(self):
            self.inside = dict.fromkeys(self._linking_libraries)  # what it calls, and what that calls, each once
            for library in self._linking_libraries:
                self.inside |= getattr(library, "inside", {})
            self._finalize_dynamic_globals()
            names = [v.name for v in self._final_module.global_variables if v.linkage == ll.Linkage.common]
            constants = ll.parse_assembly("\n".join(f'@"{name}" = common global ptr null' for name in names))
            self._codegen._add_module(constants)
            for function in self._final_module.functions:
                if not function.is_declaration:
                    function.linkage = ll.Linkage.linkonce_odr  # the same code may come in from several sides
            self._finalized = True

        def _get_module_for_linking(self):
            if self._shared_module is None:
                self._shared_module = self._final_module.clone()
                for library in self.inside:
                    code = library._final_module if hasattr(library, "inside") else library._get_module_for_linking()
                    self._shared_module.link_in(code, preserve=True)
            return self._shared_module

    return Part


@cache
def quick_flags():
    """Numba's flags, compared by what is set: at each call in a kernel it compares all there are, set or not."""
    from numba.core.compiler import Flags

    number = hash(Flags())  # they all have the same

    class QuickFlags(Flags):
        def __eq__(self, other):
            return self._values == getattr(other, "_values", None) or super().__eq__(other)

        def __hash__(self):
            return number

    return QuickFlags


def for_entries():
    """Numba's compiler, for functions that are called from Python; None without Numba."""
    try:
        from numba.core.compiler import Compiler
    except ImportError:
        return None
    QuickFlags = quick_flags()

    class EntryCompiler(Compiler):
        def compile_extra(self, function):
            self.state.flags = QuickFlags(self.state.flags)
            with garbage_left():
                return super().compile_extra(function)

    return EntryCompiler


def prepared(entry):
    """The entry; Numba loads what it knows before it compiles the first of all."""
    with garbage_left():
        entry.targetctx.refresh()
    return entry


def has_strangers(kind):
    """Whether records of this type of Numba's are of somebody else's class, or hold one that is."""
    cls = getattr(kind, "instance_class", None)
    return cls is not None and (not is_ours(cls) or any(map(has_strangers, kind.types)))
