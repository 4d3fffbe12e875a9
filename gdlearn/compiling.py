"""How Numba compiles the kernels inside a compiled loop: in two thirds of the time, by leaving out what nobody uses.

Numba optimizes each function and makes machine code of it, and optimizes it again as a part of each function
around it. A kernel in a gradient in an epoch in a loop goes through that four times; the last is enough.
"""

from functools import wraps


def for_kernels(apart=False):
    """Numba's compiler, for functions that are never called but from the code they become part of.

    With ``apart`` it takes for granted that no argument is written to through another, so that loops need not look
    before each start whether their arrays overlap. None, which stands for the usual one, where Numba's parts are not
    found in their places.
    """
    try:
        from numba.core.codegen import JITCodeLibrary, ll
        from numba.core.compiler import CompilerBase, DefaultPassBuilder
        from numba.core.compiler_machinery import register_pass
        from numba.core.typed_passes import NativeLowering
    except ImportError:
        return None

    class Part(JITCodeLibrary):
        """Code that stays as it was written until it is part of a whole.

        The engine gets no more of it than the places of its constants. Of the rest it would make slow machine code,
        and then run that instead of the optimized copy of the same name in the whole.
        """

        def _optimize_final_module(self):
            pass

        def _finalize_final_module(self):
            self._finalize_dynamic_globals()
            names = [v.name for v in self._final_module.global_variables if v.linkage == ll.Linkage.common]
            constants = ll.parse_assembly("\n".join(f'@"{name}" = common global ptr null' for name in names))
            self._codegen._add_module(constants)
            self._finalized = True

    @register_pass(mutates_CFG=True, analysis_only=False)
    class PartLowering(NativeLowering):
        _name = "part_lowering"

        def run_pass(self, state):
            state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
            return super().run_pass(state)

    class KernelCompiler(CompilerBase):
        def define_pipelines(self):
            self.state.flags.noalias = apart
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [(PartLowering if step is NativeLowering else step, why) for step, why in passes.passes]
            passes.finalize()
            return [passes]

    return KernelCompiler


def instead(function, name):
    """Let compiled code convert the last argument of ``function`` to the type that ``name(*types)`` names.

    Where such a function were compiled as others are, that would be for each pair of types: a tenth of a first fit.
    """
    try:
        from numba.core import types
        from numba.extending import lower_builtin, type_callable
    except ImportError:
        return

    @type_callable(function)
    def kind(context):
        return wraps(name)(lambda *arguments: getattr(types, name(*arguments)))

    @lower_builtin(function, types.VarArg(types.Any))
    def convert(context, builder, signature, arguments):
        return context.cast(builder, arguments[-1], signature.args[-1], signature.return_type)


def prefetching():
    """A function for compiled code that asks the memory for X[i, j] ahead of its use; None without Numba."""
    try:
        from llvmlite.ir import FunctionType, IntType, VoidType
        from numba.core import cgutils, types
        from numba.extending import intrinsic
    except ImportError:
        return None
    byte, number = IntType(8).as_pointer(), IntType(32)

    @intrinsic
    def ask(typing, X, i, j):
        def generate(context, builder, signature, arguments):
            array = context.make_array(X)(context, builder, arguments[0])
            columns = cgutils.unpack_tuple(builder, array.shape, 2)[1]
            place = builder.gep(array.data, [builder.add(builder.mul(arguments[1], columns), arguments[2])])
            kind = FunctionType(VoidType(), [byte, number, number, number])
            prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            builder.call(prefetch, [builder.bitcast(place, byte), number(0), number(3), number(1)])  # to read, and keep
            return context.get_dummy_value()

        return types.void(X, types.uintp, types.uintp), generate

    return ask
