"""What compiled code does in one instruction or a call of BLAS: casts, bits, views, products, asking for memory."""

from functools import wraps


def instruction(function, kind, generate):
    """Let compiled code hold, in place of a call of ``function``, what ``generate`` writes.

    ``kind(*types)`` is the type of its result, or the name of it. Compiled as others are, a function this short would
    be so for each pair of types: a tenth of a first fit.
    """
    try:
        from numba.core import types
        from numba.extending import lower_builtin, type_callable
    except ImportError:
        return

    @type_callable(function)
    def result(context):
        return wraps(kind)(lambda *arguments: named(kind(*arguments)))

    def named(kind):
        return getattr(types, kind) if isinstance(kind, str) else kind

    lower_builtin(function, types.VarArg(types.Any))(generate)


def converted(context, builder, signature, arguments):
    """The last argument in the type of the result."""
    return context.cast(builder, arguments[-1], signature.args[-1], signature.return_type)


def reread(context, builder, signature, arguments):
    """The bits of the argument as a number of the type of the result."""
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


def viewed(context, builder, signature, arguments):
    """The matrix of q rows of p numbers that lie from ``begin`` on in an array in C order, for values, begin, q, p."""
    from numba.core import types
    from numba.core.imputils import impl_ret_borrowed
    from numba.np.arrayobj import populate_array

    values = context.make_array(signature.args[0])(context, builder, arguments[0])
    begin, q, p = (
        context.cast(builder, number, kind, types.intp)
        for number, kind in zip(arguments[1:], signature.args[1:], strict=True)
    )
    view = context.make_array(signature.return_type)(context, builder)
    populate_array(
        view,
        data=builder.gep(values.data, [begin]),
        shape=(q, p),
        strides=(builder.mul(p, values.itemsize), values.itemsize),
        itemsize=values.itemsize,
        meminfo=values.meminfo,
        parent=values.parent,
    )
    return impl_ret_borrowed(context, builder, signature.return_type, view._getvalue())


def multiplied(context, builder, signature, arguments):
    """C = A B + keep C for the arguments A, B, C, keep, by the BLAS that NumPy functions call in compiled code.

    BLAS counts by columns, and so sees the transposed: C^T = B^T A^T + keep C^T.
    """
    from llvmlite.ir import Constant, FunctionType, IntType
    from numba.core import cgutils, types
    from numba.np import linalg

    char, size, place, number = IntType(8), context.get_value_type(types.intp), IntType(8).as_pointer(), IntType(32)
    kinds = [char, char, char, size, size, size, place, place, size, place, size, place, place, size]
    product = cgutils.get_or_insert_function(builder.module, FunctionType(number, kinds), "numba_xxgemm")
    dtype = signature.args[2].dtype

    def letter(text):
        return Constant(char, ord(text))

    def factor(value, kind):
        value = context.cast(builder, value, kind, dtype)
        return builder.bitcast(cgutils.alloca_once_value(builder, value), place)

    def matrix(kind, value):
        array = context.make_array(kind)(context, builder, value)
        shape = cgutils.unpack_tuple(builder, array.shape, 2)
        rows = kind.layout == "C"
        return letter("n" if rows else "t"), builder.bitcast(array.data, place), shape[int(rows)], shape

    (turn_a, a, step_a, (m, k)), (turn_b, b, step_b, _), (_, c, step_c, (_, n)) = map(
        matrix, signature.args[:3], arguments[:3]
    )
    one, keep = factor(context.get_constant(dtype, 1.0), dtype), factor(arguments[3], signature.args[3])
    kind = letter(linalg.get_blas_kind(dtype))
    code = builder.call(product, [kind, turn_b, turn_a, n, m, k, one, b, step_b, a, step_a, keep, c, step_c])
    linalg.check_blas_return(context, builder, code)
    return context.get_dummy_value()


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
