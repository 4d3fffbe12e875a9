"""How Numba compiles the kernels inside a compiled loop: in half the time, by leaving out what nobody uses.

Numba optimizes each function and makes machine code of it before it becomes part of its caller, where all of
it is optimized once more; with loops in loops in kernels, that is four or five times. Only the outermost needs it.
"""

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class Part(JITCodeLibrary):
    """The code of a function that is never called but from the code it becomes part of."""

    def _optimize_final_module(self):
        pass

    def _finalize_specific(self):
        pass


@register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(NativeLowering):
    """Lower a function to the code of a part."""

    _name = "part_lowering"

    def run_pass(self, state):
        state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
        return super().run_pass(state)


class Inside(CompilerBase):
    """Numba's compiler, for kernels."""

    def define_pipelines(self):
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [(PartLowering if step is NativeLowering else step, why) for step, why in passes.passes]
        passes.finalize()
        return [passes]
