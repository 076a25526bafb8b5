"""Programs that make shipped files: the weights of the models and the term tables.

They are run by hand and need the labelled data in `../shared`; the product never imports them.
"""
