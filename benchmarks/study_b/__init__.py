"""Study B, Cristovao et al.: does sparsity in the encoder and in the prior disentangle the code?"""
