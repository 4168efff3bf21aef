"""Writes the synthetic files of this folder and want.json.

Run with h5py and numpy: python make.py [copied files ...]. The .gz files given
or already here are described in want.json too: for every dataset and
attribute its shape, kind, type, the first values and a hash over all of them.
"""
import glob, gzip, hashlib, io, json, os, struct, sys, tempfile
import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = ['<i1', '<i2', '<i4', '<i8', '<u1', '<u2', '<u4', '<u8',
         '>i2', '>i4', '>i8', '>u2', '>u4', '>u8',
         '<f2', '<f4', '<f8', '>f2', '>f4', '>f8']


def new(name, fill, **kw):
    path = os.path.join(tempfile.gettempdir(), os.path.basename(name))
    with h5py.File(path, 'w', **kw) as f:
        fill(f)
    pack(path, name)


def low(name, plist):
    path = os.path.join(tempfile.gettempdir(), os.path.basename(name))
    f = h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, plist))
    f['a'] = np.arange(20)
    f['s'] = ['x', 'yy']
    f.create_dataset('c', data=np.arange(400.).reshape(20, 20), chunks=(2, 2), compression='gzip')
    f['a'].attrs['k'] = 3
    f.close()
    pack(path, name)


def bad():
    def cycle(f):
        g = f.create_group('a/b')
        g['up'] = f['a']
    new('bad_cycle.h5', cycle)
    new('bad_unwritten.h5', lambda f: f.create_dataset('x', (1 << 27,), 'f8'))
    def bomb(f):
        d = f.create_dataset('x', (1 << 28,), 'i1', chunks=(1 << 28,), compression='gzip')
        d[:10] = 0
    new('bad_bomb.h5', bomb)
    new('bad_compound.h5', lambda f: f.create_dataset('t', data=np.zeros(2, dtype=[('a', 'i4'), ('b', 'f4')])))
    new('bad_uint64.h5', lambda f: f.create_dataset('u', data=np.array([1, 2**63], dtype='u8')))
    new('bad_nbit.h5', lambda f: f.create_dataset('n', data=np.arange(9), chunks=(3,), scaleoffset=4))
    new('bad_virtual.h5', lambda f: f.create_virtual_dataset('v', h5py.VirtualLayout((4,), 'i4')), libver='latest')


def pack(path, name):
    raw = open(path, 'rb').read()
    with open(os.path.join(HERE, name + '.gz'), 'wb') as out:
        with gzip.GzipFile('', 'wb', 9, out, 0) as z:
            z.write(raw)


def numbers(dtype, n):
    r = np.random.default_rng(7)
    if np.dtype(dtype).kind == 'f':
        a = r.normal(0, 100, n).astype(dtype)
        a[:6] = [0, -0.0, np.inf, -np.inf, 6e-8, 1.5]
        return a
    i = np.iinfo(dtype)
    lo, hi = int(i.min), min(int(i.max), 2**63 - 1)
    a = r.integers(lo, hi, n, dtype=np.int64, endpoint=True).astype(dtype)
    a[:2] = [lo, hi]
    return a


def types(f):
    for t in TYPES:
        f['t_' + t.replace('<', 'le_').replace('>', 'be_')] = numbers(t, 40).reshape(5, 8)
    f['bool'] = np.array([True, False, True])
    f['enum'] = np.array([1, 5, 1], dtype=h5py.enum_dtype({'A': 1, 'B': 5}, basetype='i2'))
    f['scalar'] = 2.5
    f['empty'] = np.zeros((0, 3), 'f4')
    f['null'] = h5py.Empty('f4')
    f['fixed_null_term'] = np.array([b'abc', b'', b'abcdef'], dtype='S6')
    f['fixed_utf8'] = np.array(['hé'.encode(), b'x'], dtype=h5py.string_dtype('utf-8', 7))
    f['vlen'] = ['alpha', '', 'gämma']
    f.create_dataset('vlen_scalar', data='one', dtype=h5py.string_dtype())
    f.create_dataset('array', data=np.arange(24, dtype='i4').reshape(2, 3, 4), dtype='i4')
    at = h5py.h5t.array_create(h5py.h5t.NATIVE_INT16, (2, 3))
    d = h5py.h5d.create(f.id, b'array_type', at, h5py.h5s.create_simple((4,)))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(24, dtype='i2').reshape(4, 2, 3), at)


def filters(f):
    a = np.round(np.random.default_rng(3).normal(0, 3, (37, 23))).astype('f4')
    f.create_dataset('gzip', data=a, chunks=(10, 7), compression='gzip')
    f.create_dataset('gzip9_shuffle', data=a, chunks=(8, 23), compression='gzip', compression_opts=9, shuffle=True)
    f.create_dataset('fletcher', data=a, chunks=(37, 5), fletcher32=True)
    f.create_dataset('all', data=a.astype('i8'), chunks=(16, 16), compression='gzip', shuffle=True, fletcher32=True)
    f.create_dataset('lzf', data=a.astype('i2'), chunks=(16, 16), compression='lzf', shuffle=True)
    f.create_dataset('odd', data=np.arange(7, dtype='u1'), chunks=(3,), fletcher32=True)
    f.create_dataset('plain', data=a, chunks=(4, 4))
    f.create_dataset('one', data=a, chunks=a.shape)
    f.create_dataset('one_gzip', data=a, chunks=a.shape, compression='gzip')
    d = f.create_dataset('sparse', (50, 9), 'i4', chunks=(7, 4), fillvalue=-3)
    d[8:20, 3:6] = 11
    f.create_dataset('unwritten', (6,), 'f8', fillvalue=1.25)
    d = f.create_dataset('grow', (5, 40), 'i2', chunks=(3, 8), maxshape=(None, 40), compression='gzip')
    d[...] = np.arange(200).reshape(5, 40)
    d.resize((31, 40))
    d[20:] = np.arange(440).reshape(11, 40)
    d = f.create_dataset('grow1', (0,), 'i4', chunks=(2,), maxshape=(None,))
    for i in range(6):
        d.resize((100 * (i + 1),))
        d[100 * i:] = np.arange(100) * (i + 1)
    d = f.create_dataset('grow_second', (4, 30), 'u2', chunks=(2, 5), maxshape=(8, None))
    d[...] = np.arange(120).reshape(4, 30)
    d = f.create_dataset('grow_both', (40, 30), 'f4', chunks=(4, 5), maxshape=(None, None), compression='gzip')
    d[...] = np.arange(1200).reshape(40, 30)
    d = f.create_dataset('limit', (10, 6), 'i4', chunks=(3, 2), maxshape=(20, 15))
    d[...] = np.arange(60).reshape(10, 6)
    f.create_dataset('cube', data=np.arange(4 * 5 * 6, dtype='i4').reshape(4, 5, 6), chunks=(3, 2, 4), compression='gzip')
    f.create_dataset('strings', data=['s%d' % i for i in range(30)], chunks=(8,), compression='gzip')


def compact(f):
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_layout(h5py.h5d.COMPACT)
    d = h5py.h5d.create(f.id, b'compact', h5py.h5t.NATIVE_INT32, h5py.h5s.create_simple((5,)), p)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5, dtype='i4'))
    p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    p.set_chunk((4,))
    p.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    d = h5py.h5d.create(f.id, b'implicit', h5py.h5t.NATIVE_INT32, h5py.h5s.create_simple((13,)), p)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(13, dtype='i4'))


def tree(f):
    for i in range(60):
        g = f.create_group('g%d' % i)
        g['x'] = i
    deep = f
    for i in range(12):
        deep = deep.create_group('d')
    deep['leaf'] = 'bottom'
    f['soft'] = h5py.SoftLink('/g1')
    f['ext'] = h5py.ExternalLink('other.h5', '/x')
    f['again'] = f['g1/x']
    a = f['g2'].attrs
    for i in range(20):
        a['a%02d' % i] = i * 0.5
    a['text'] = 'hällo'
    a['list'] = np.arange(6, dtype='i2').reshape(2, 3)
    a['names'] = ['p', 'qq']
    a['ref'] = f['g1'].ref
    f['g3/x'].attrs['unit'] = 'ms'
    f['named'] = np.dtype('i4')
    f.create_dataset('typed', data=np.arange(3), dtype=f['named'])


def many(f):
    for i in range(250):
        f['n%03d' % i] = np.int32(i)


def bigarr(f):
    # enough chunks for paged array indexes
    a = np.arange(3000, dtype='u2')
    f.create_dataset('fixed', data=a, chunks=(2,), maxshape=(4000,))
    f.create_dataset('fixed_gzip', data=a[:2100] // 9, chunks=(2,), compression='gzip')
    d = f.create_dataset('fixed_sparse', (9000,), 'u2', chunks=(2,), fillvalue=7)
    d[5000:5010] = 1
    d = f.create_dataset('ext', (2800,), 'u2', chunks=(1,), maxshape=(None,))
    d[...] = a[:2800]
    d = f.create_dataset('ext_sparse', (40000,), 'u2', chunks=(1,), maxshape=(None,))
    d[30000:30010] = 5


def shd(f):
    r = np.random.default_rng(5)
    n = 40
    s = f.create_group('spikes')
    t = s.create_dataset('times', (n,), dtype=h5py.vlen_dtype(np.float16))
    u = s.create_dataset('units', (n,), dtype=h5py.vlen_dtype(np.uint16))
    for i in range(n):
        k = int(r.integers(0, 60)) if i else 0
        t[i] = np.sort(r.random(k)).astype('f2')
        u[i] = r.integers(0, 700, k).astype('u2')
    f['labels'] = r.integers(0, 20, n).astype('u2')
    e = f.create_group('extra')
    e['speaker'] = r.integers(0, 12, n).astype('u2')
    e['keys'] = np.array([b'zero', b'one', b'two'])


def describe(h, raw_off=0):
    out = []
    def value(path, v, dtype, shape):
        rows = None
        base = h5py.check_vlen_dtype(dtype)
        name, kind, flat = None, None, None
        if h5py.check_string_dtype(dtype):
            kind, name = 'string', 'string'
            flat = [x.encode() if isinstance(x, str) else bytes(x) for x in np.asarray(v, dtype=object).ravel().tolist()] if v is not None else []
        elif base is not None and isinstance(base, np.dtype):
            rows = [len(x) for x in v.ravel()]
            kind = 'float' if base.kind == 'f' else 'int'
            name = 'vlen ' + base.name
            flat = np.concatenate([np.asarray(x) for x in v.ravel()]) if rows else np.zeros(0)
        else:
            if dtype.subdtype:
                shape, dtype = shape + dtype.subdtype[1], dtype.subdtype[0]
            en = h5py.check_enum_dtype(dtype)
            kind = 'float' if dtype.kind == 'f' else 'int'
            name = 'enum' if en else dtype.name
            flat = np.asarray(v).ravel() if v is not None else np.zeros(0)
        e = dict(path=path, dims=list(shape), kind=kind, type=name)
        if rows is not None:
            e['rows'] = rows
        m = hashlib.sha256()
        if kind == 'string':
            for x in flat:
                m.update(struct.pack('<I', len(x)) + x)
            e['first'] = [x.decode('utf-8', 'replace') for x in flat[:4]]
        else:
            flat = flat.astype('<f8' if kind == 'float' else '<i8')
            m.update(flat.tobytes())
            e['first'] = [repr(float(x)) if kind == 'float' else str(int(x)) for x in flat[:4]]
        e['n'] = len(flat)
        e['hash'] = m.hexdigest()[:24]
        out.append(e)
    def attrs(path, o):
        for k in sorted(o.attrs):
            v = o.attrs[k]
            a = o.attrs.get_id(k)
            if h5py.check_ref_dtype(a.dtype):
                continue
            if isinstance(v, h5py.Empty):
                value(path + '@' + k, None, a.dtype, (0,))
            else:
                value(path + '@' + k, np.asarray(v, dtype=object if a.dtype.kind == 'O' else None), a.dtype, a.shape)
    def walk(path, g):
        attrs(path or '/', g)
        for k in sorted(g):
            if not isinstance(g.get(k, getlink=True), h5py.HardLink):
                continue
            o, p = g[k], path + '/' + k
            if isinstance(o, h5py.Group):
                walk(p, o)
            elif isinstance(o, h5py.Dataset):
                v = o[()]
                if isinstance(v, h5py.Empty):
                    value(p, None, o.dtype, (0,))
                else:
                    value(p, v, o.dtype, o.shape)
                attrs(p, o)
    walk('', h)
    return out


def main():
    vers = dict(old='earliest', v108=('v108', 'v108'), v110=('v110', 'v110'), new='latest')
    for ver, libver in vers.items():
        new('compact_%s.h5' % ver, compact, libver=libver)
        if ver != 'v108':
            new('filters_%s.h5' % ver, filters, libver=libver)
        if ver in ('old', 'new'):
            new('types_%s.h5' % ver, types, libver=libver)
            new('tree_%s.h5' % ver, tree, libver=libver)
    new('many_old.h5', many, libver='earliest')
    new('many_new.h5', many, libver='latest')
    new('arrays.h5', bigarr, libver=('v110', 'v110'))
    new('shd.h5', shd)
    new('order.h5', lambda f: [f.create_group('b', track_order=True), f['b'].create_group('z'), f['b'].create_group('a')], track_order=True)
    new('user.h5', compact, userblock_size=1024)
    new('user_new.h5', compact, userblock_size=512, libver='latest')
    bad()
    new('large/eye.h5', lambda f: f.create_dataset('w', data=np.eye(2048), compression='gzip'))
    for n, sizes in [(4, (4, 4)), (2, (2, 8))]:
        p = h5py.h5p.create(h5py.h5p.FILE_CREATE)
        p.set_sizes(*sizes)
        low('sizes%d.h5' % n, p)
    for p in sys.argv[1:]:
        name = os.path.basename(p)
        if name.startswith('model'):
            name = os.path.basename(os.path.dirname(p)) + '.nir'
        pack(p, name)
    want = {}
    for p in sorted(glob.glob(os.path.join(HERE, '*.gz'))):
        if p.endswith('want.json.gz') or '/bad_' in p:
            continue
        h = h5py.File(io.BytesIO(gzip.open(p).read()), 'r')
        want[os.path.basename(p)[:-3]] = describe(h)
    with gzip.GzipFile(os.path.join(HERE, 'want.json.gz'), 'wb', 9, mtime=0) as out:
        out.write(json.dumps(want, separators=(',', ':'), ensure_ascii=False).encode())


main()
