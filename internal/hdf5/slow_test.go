package hdf5
import ("testing";"time";"fmt")
func TestSlow(t *testing.T){
 for _, name := range samples(t) {
  b := unpack(t, name)
  t0:=time.Now(); n:=0
  var worst time.Duration; var wi int
  for i:=0;i<len(b);i+=len(b)/300+1 { o:=b[i]; b[i]=0xff; s:=time.Now(); decode(b,true); if e:=time.Since(s);e>worst{worst=e;wi=i}; b[i]=o; n++ }
  fmt.Println(name,len(b),n,time.Since(t0)/time.Duration(n),worst,wi)
 }
}
